package score

import (
	"errors"
	"fmt"
	"time"
)

// Score decodes what the ingest got in the run recorded in dir, compares it
// with the clip, and says what a viewer had of it. Nothing that the sender
// says of itself is believed: which frame a picture is stands painted in it,
// when it came stands in the ingest's own record. clip may be nil: SSIM is
// then not measured.
func Score(dir string, clip *Clip) (Result, error) {
	result, err := score(dir, clip)
	if err != nil {
		return Result{}, fmt.Errorf("score %s: %w", dir, err)
	}
	return result, nil
}

func score(dir string, clip *Clip) (Result, error) {
	r, err := loadRecord(dir)
	if err != nil {
		return Result{}, err
	}
	if len(r.ticks) == 0 {
		return Result{}, fmt.Errorf("%s is empty", LineFile)
	}
	s, err := openStream(dir, r.units, r.run.T0Ns)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	seen := gathering{run: r.run, recorded: r.recorded(), clip: clip, units: s.units, numbers: make(map[int]int)}
	if err := s.decode(seen.take); err != nil {
		return Result{}, err
	}
	ssimDB, err := seen.dB()
	if err != nil {
		return Result{}, err
	}
	result := measure(r, seen.evidence())
	result.SSIMdB = ssimDB
	return result, nil
}

// gathering collects what the decoder shows.
type gathering struct {
	run      Run
	recorded time.Duration
	clip     *Clip
	viewer   *viewer
	units    []received
	frames   []Frame
	numbers  map[int]int // by unit
	unread   int
}

// take looks at one picture. A number from the future is a misread one.
func (g *gathering) take(unit int, luma []byte) error {
	u := g.units[unit]
	number, ok := ReadNumber(luma, Width, Width, Height)
	if !ok || (window{fps: g.run.FPS}).capture(number) > u.at {
		g.unread++
		return nil
	}
	f := Frame{Number: number, At: u.at, Ready: u.ready, Bytes: u.Bytes}
	g.frames, g.numbers[unit] = append(g.frames, f), number
	if g.clip == nil {
		return nil
	}
	if g.viewer == nil {
		g.viewer = newViewer(g.clip, windowOf(g.run, number, g.recorded), quickViewer)
	}
	return g.viewer.show(f, luma)
}

// dB is the SSIM of all that was seen.
func (g *gathering) dB() (*float64, error) {
	if g.clip == nil {
		return nil, nil
	}
	if g.viewer == nil {
		g.viewer = newViewer(g.clip, windowOf(g.run, MaxNumber, g.recorded), quickViewer)
	}
	db, err := g.viewer.dB()
	return db, errors.Join(err, g.clip.Close())
}

// evidence is what the pure metrics work on.
type evidence struct {
	frames         []Frame // in decoding order
	samples        produced
	arrivals       []arrival
	unread, broken int
}

// arrival is a unit of any kind.
type arrival struct {
	at    time.Duration
	bytes int
}

// evidence dates the units without a number by the delay of the last one with.
func (g *gathering) evidence() evidence {
	e := evidence{frames: g.frames, unread: g.unread}
	w := window{fps: g.run.FPS}
	var samples []sample
	late := time.Duration(0)
	for i, u := range g.units {
		if number, ok := g.numbers[i]; ok {
			late = u.at - w.capture(number)
		}
		if !u.Decodable {
			e.broken++
		}
		samples = append(samples, sample{captured: u.at - late, bytes: u.Bytes})
		e.arrivals = append(e.arrivals, arrival{u.at, u.Bytes})
	}
	e.samples = newProduced(samples)
	return e
}
