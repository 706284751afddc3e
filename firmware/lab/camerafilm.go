package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"studiobox/encoder/unit"
)

// mostFilm is how many pictures are kept.
const mostFilm = 100

// film keeps what of a show reaches the ingest, from a key picture on.
type film struct {
	mu    sync.Mutex
	units []*unit.Unit
}

// cut forgets what was kept.
func (f *film) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.units = nil
}

// put takes a unit off the ingest.
func (f *film) put(u *unit.Unit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if u.Track == unit.Video && len(f.units) < mostFilm && (u.Key || len(f.units) > 0) {
		f.units = append(f.units, u)
	}
}

// filmed is what the player asks for; guest/camerapicture.go reads it.
type filmed struct {
	Units         int // kept
	Width, Height int // as the stream tells them
	Pictures      int // that a decoder makes of the units
	FPS           float64
	// Bars are the mean red, green and blue, 0 to 255, of eight upright stripes
	// in the lower quarter of the last picture.
	Bars [8][3]int
	// Changed is how many pictures differ from the one before, each in more than
	// a few of its points and by more than a coder makes of a picture that stands.
	Changed int
}

// develop decodes what was kept and measures it.
func (f *film) develop(ctx context.Context) (filmed, error) {
	f.mu.Lock()
	units := f.units[:len(f.units):len(f.units)]
	f.mu.Unlock()
	facts := filmed{Units: len(units)}
	if len(units) == 0 {
		return facts, nil
	}
	if shown := units[len(units)-1].PTS - units[0].PTS; shown > 0 {
		facts.FPS = float64(len(units)-1) / shown.Seconds()
	}
	var stream bytes.Buffer
	for _, u := range units {
		coded, err := h264.AnnexB(u.NALUs).Marshal()
		if err != nil {
			return facts, fmt.Errorf("film: %w", err)
		}
		stream.Write(coded)
	}
	var err error
	if facts.Width, facts.Height, err = sizeOf(units[0]); err != nil {
		return facts, err
	}
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-xerror", "-f", "h264", "-i", "pipe:0",
		"-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1")
	var complaints bytes.Buffer
	cmd.Stdin, cmd.Stderr = &stream, &complaints
	raw, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		return facts, fmt.Errorf("film: ffmpeg does not decode what arrived: %v: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	facts.measure(raw)
	return facts, nil
}

// sizeOf reads the parameter sets of a key unit.
func sizeOf(key *unit.Unit) (width, height int, err error) {
	for _, nalu := range key.NALUs {
		if h264.NALUType(nalu[0]&0x1f) == h264.NALUTypeSPS {
			var sps h264.SPS
			if err := sps.Unmarshal(nalu); err != nil {
				return 0, 0, fmt.Errorf("film: parameter set: %w", err)
			}
			return sps.Width(), sps.Height(), nil
		}
	}
	return 0, 0, errors.New("film: a key picture arrived without its parameter set")
}

// A point has changed when its green did by more than far of 255. A digit of the
// clock that vivid writes into its pictures has 64 points, half of them ink.
const (
	far        = 64
	fewChanged = 8
)

// measure looks at decoded pictures of three bytes a point.
func (f *filmed) measure(raw []byte) {
	size := 3 * f.Width * f.Height
	f.Pictures = len(raw) / size
	for n := 1; n < f.Pictures; n++ {
		if changed(raw[(n-1)*size:n*size], raw[n*size:(n+1)*size]) > fewChanged {
			f.Changed++
		}
	}
	if f.Pictures > 0 {
		f.Bars = bars(raw[(f.Pictures-1)*size:], f.Width, f.Height)
	}
}

// changed counts the points that changed.
func changed(before, after []byte) (points int) {
	for at := 1; at < len(after); at += 3 {
		if max(before[at], after[at])-min(before[at], after[at]) > far {
			points++
		}
	}
	return points
}

// bars measures the middle half of eight upright stripes of equal width.
func bars(picture []byte, width, height int) (all [8][3]int) {
	bar := width / len(all)
	for n := range all {
		points := 0
		for y := height * 3 / 4; y < height; y++ {
			for x := n*bar + bar/4; x < n*bar+bar*3/4; x++ {
				for c := range 3 {
					all[n][c] += int(picture[3*(y*width+x)+c])
				}
				points++
			}
		}
		for c := range 3 {
			all[n][c] /= max(points, 1)
		}
	}
	return all
}
