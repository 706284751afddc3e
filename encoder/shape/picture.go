package shape

import (
	"math"
	"time"

	"studiobox/encoder/unit"
)

// frameRate measures a source's pictures per second by their times, so that
// no delay on the way counts.
type frameRate struct {
	from  time.Duration // highest PTS when the count began
	count int
	fps   int // 0 until known
}

const (
	// rateOver is how many pictures a measurement takes.
	rateOver = 60
	// rateChange is the least change that counts; below it pictures were lost.
	rateChange = 0.2
)

// add counts a unit with the highest PTS so far, and reports a new rate.
func (f *frameRate) add(highest time.Duration) bool {
	if f.count == 0 {
		f.from = highest
	}
	f.count++
	span := (highest - f.from).Seconds()
	if f.count <= rateOver || span <= 0 {
		return false
	}
	measured := float64(f.count-1) / span
	f.from, f.count = highest, 1
	if math.Abs(measured-float64(f.fps)) <= rateChange*float64(f.fps) {
		return false
	}
	f.fps = max(1, int(math.Round(measured)))
	return true
}

// anew begins a new measurement and keeps the last.
func (f *frameRate) anew() { f.count = 0 }

// fitPicture makes the transcoder's pictures as large and as many as the rate
// deserves. It goes on while the camera's units pass, to be right at once when
// the transcoder takes over.
func (s *Shaper) fitPicture(u *unit.Unit) {
	width, height := s.camera.width, s.camera.height
	if u.Key {
		s.camera.look(u, s.codec)
	}
	changed := s.cadence.add(s.camMax) || width != s.camera.width || height != s.camera.height
	if s.cfg.Picture == nil || s.cadence.fps == 0 || s.camera.width == 0 {
		return
	}
	if changed {
		s.ladder.set(s.now, s.camera.width, s.camera.height, s.cadence.fps)
	}
	moved := s.target > 0 && s.ladder.step(s.now, s.target)
	if !changed && !moved {
		return
	}
	r := s.ladder.rung()
	s.log.Info("picture to encode", "width", r.width, "height", r.height, "fps", r.fps, "kbps", s.target)
	s.cfg.Picture.SetSize(r.asked(s.camera.width, s.camera.height, s.cadence.fps))
}

// fps is how many pictures per second go out, 0 until known.
func (s *Shaper) fps(mode string) int {
	if mode == "pass" || !s.ladder.known() {
		return s.cadence.fps
	}
	return s.ladder.rung().fps
}
