package panel

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os/exec"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// The film is a ring on a turntable. Its frame number stands in the picture as
// eight blocks, black or white, so that a viewer's delay can be measured.
const (
	filmWidth, filmHeight = 640, 360
	filmFPS               = 25
	filmFrames            = 100 // the frame number fits in eight bits
	filmBlock             = 20
)

// film is a coded loop.
type film struct {
	units []*unit.Unit

	mu  sync.Mutex
	put map[int]time.Time // when each frame number last went in
}

// codeFilm draws and codes the film once for all tests: it takes seconds.
var codeFilm = sync.OnceValues(func() ([]*unit.Unit, error) {
	var raw, problems bytes.Buffer
	drawFilm(&raw)
	command := exec.Command("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p",
		"-s", fmt.Sprintf("%dx%d", filmWidth, filmHeight), "-r", fmt.Sprint(filmFPS), "-i", "-",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "high", "-g", "50",
		"-b:v", "1500k", "-x264-params", "aud=1:scenecut=0", "-f", "h264", "-")
	command.Stdin, command.Stderr = &raw, &problems
	coded, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("ffmpeg: %w: %s", err, problems.String())
	}
	return splitUnits(coded), nil
})

func makeFilm(t testing.TB) *film {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("needs ffmpeg to make a stream: install the Debian package ffmpeg")
	}
	units, err := codeFilm()
	if err != nil {
		t.Fatal(err)
	}
	if len(units) != filmFrames {
		t.Fatalf("ffmpeg made %d pictures of %d", len(units), filmFrames)
	}
	return &film{units: units, put: map[int]time.Time{}}
}

// splitUnits cuts an Annex B stream with delimiters into access units.
func splitUnits(coded []byte) []*unit.Unit {
	var units []*unit.Unit
	for _, nalu := range bytes.Split(coded, []byte{0, 0, 1}) {
		nalu = bytes.TrimRight(nalu, "\x00")
		if len(nalu) == 0 {
			continue
		}
		switch kind := nalu[0] & 0x1f; kind {
		case 9: // delimiter: the next picture begins
			units = append(units, &unit.Unit{})
			continue
		case 5:
			units[len(units)-1].Key = true
		}
		last := units[len(units)-1]
		last.NALUs = append(last.NALUs, nalu)
	}
	return units
}

// run plays the film in a loop into a sink until ctx ends.
func (f *film) run(ctx context.Context, sink unit.Sink) {
	tick := time.NewTicker(time.Second / filmFPS)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			i := n % filmFrames
			f.mu.Lock()
			f.put[i] = now
			f.mu.Unlock()
			sink.Put(&unit.Unit{
				PTS: time.Duration(n) * time.Second / filmFPS, Captured: now,
				Key: f.units[i].Key, NALUs: f.units[i].NALUs,
			})
		}
	}
}

// age is how long ago a frame number went in.
func (f *film) age(frame int) (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, found := f.put[frame]
	return time.Since(at), found
}

// place is a pixel as the ring's plate sees it.
type place struct{ x, y, far, turn float64 }

// drawFilm paints all pictures as I420.
func drawFilm(to *bytes.Buffer) {
	places := make([]place, 0, filmWidth*filmHeight)
	var busy []int // where ring or stone may be: all else stands still
	for y := range filmHeight {
		for x := range filmWidth {
			dx, dy := float64(x)-filmWidth/2, (float64(y)-210)/0.5
			p := place{float64(x), float64(y), math.Hypot(dx, dy), math.Atan2(dy, dx)}
			if p.far > 50 && p.far < 200 {
				busy = append(busy, len(places))
			}
			places = append(places, p)
		}
	}
	picture := make([]byte, filmWidth*filmHeight*3/2)
	for i, p := range places {
		paint(picture, i, p, 0)
	}
	for frame := range filmFrames {
		for _, i := range busy {
			paint(picture, i, places[i], float64(frame)/filmFrames*2*math.Pi)
		}
		number(picture, frame)
		to.Write(picture)
	}
}

func paint(picture []byte, i int, p place, angle float64) {
	const luma, chroma = filmWidth * filmHeight, filmWidth * filmHeight / 4
	c := luma + i/filmWidth/2*(filmWidth/2) + i%filmWidth/2
	picture[i], picture[c], picture[c+chroma] = ringAt(p, angle)
}

// number writes the frame's number into the picture.
func number(picture []byte, frame int) {
	for bit := range 8 {
		value := byte(16)
		if frame>>bit&1 == 1 {
			value = 235
		}
		for y := range filmBlock {
			row := picture[y*filmWidth+bit*filmBlock:]
			for x := range filmBlock {
				row[x] = value
			}
		}
	}
}

// ringAt is a gold ring with a stone on a dark velvet plate.
func ringAt(p place, angle float64) (luma, blue, red byte) {
	if band := math.Abs(p.far - 120); band < 17 {
		shine := math.Pow(math.Abs(math.Cos(p.turn-angle)), 6)
		return byte(95 + 110*shine*(1-band/17)), 92, 150
	}
	sx, sy := p.x-(320+120*math.Cos(angle)), p.y-(205+60*math.Sin(angle))
	if math.Abs(sx)+math.Abs(sy) < 26 {
		return byte(190 + 40*math.Sin(sx/3+angle*8)), 134, 124
	}
	if p.far < 210 {
		return byte(58 - p.far/12), 130, 128
	}
	return 30, 130, 128
}
