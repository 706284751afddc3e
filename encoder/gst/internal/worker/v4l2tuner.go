package worker

import (
	"fmt"
	"math"

	"studiobox/encoder/gst/internal/wire"
)

// Controls of the kernel's interface (linux/v4l2-controls.h).
const (
	cidAutoWhite     = 0x0098090c
	cidAutoGain      = 0x00980912
	cidGain          = 0x00980913
	cidWhiteKelvin   = 0x0098091a
	cidExposureAuto  = 0x009a0901
	cidExposureTime  = 0x009a0902 // in 100 µs
	exposureByCamera = 0
	exposureManual   = 1
	exposureAperture = 3 // automatic time, fixed aperture: what USB cameras have
)

// mostGain is the factor that counts as the upper end of a device's own scale.
const mostGain = 64

// span is what a control can be set to, and what it is at.
type span struct{ least, most, now int32 }

// controls are those of an open device.
type controls interface {
	query(id uint32) (span, bool)
	set(id uint32, value int32) error
	close()
}

// v4l2Tuner sets the kernel's controls by their numbers on a descriptor of its
// own; they belong to the device, not to the descriptor. v4l2src's
// extra-controls knows them by names, which have changed from one kernel to
// the next, and does not tell what a device lacks.
type v4l2Tuner struct {
	device string
	open   func(device string) (controls, error)
}

func (v v4l2Tuner) apply(t wire.Tuning) (lacks []string) {
	dev, err := v.open(v.device)
	if err != nil {
		for _, name := range wished(t) {
			lacks = append(lacks, fmt.Sprintf("%s: %v", name, err))
		}
		return lacks
	}
	defer dev.close()
	s := setter{dev: dev, device: v.device}
	s.exposure(t)
	s.gain(t)
	s.white(t)
	if t.EV != 0 {
		s.lack("exposure", "a V4L2 camera has none")
	}
	return s.lacks
}

// setter sets one control after the other: first what ends an automatic, then
// the value, which a device refuses before.
type setter struct {
	dev    controls
	device string
	lacks  []string
}

func (s *setter) lack(what, why string) { s.lacks = append(s.lacks, what+": "+why) }

// put sets a control, to the end of its range where the value lies beyond: its
// automatic has been ended, and what would be left is any value. format shows a
// value to people.
func (s *setter) put(what string, id uint32, value int, format func(int) string) {
	has, ok := s.dev.query(id)
	if !ok {
		s.lack(what, s.device+" has no such control")
		return
	}
	near := min(max(value, int(has.least)), int(has.most))
	switch err := s.dev.set(id, int32(near)); {
	case err != nil:
		s.lack(what, fmt.Sprintf("%s: %v", s.device, err))
	case near != value:
		s.lack(what, fmt.Sprintf("%s takes %s to %s, and is at %s", s.device, format(int(has.least)), format(int(has.most)), format(near)))
	}
}

// keep ends an automatic, and sets the control that it moved to what it found: many
// cameras fall back to an older value instead. It reports whether it has ended.
func (s *setter) keep(moved, automatic uint32, manual int32) bool {
	found, told := s.dev.query(moved)
	if !s.automatic(automatic, manual) {
		return false
	}
	if told {
		_ = s.dev.set(moved, found.now) // else it keeps what it has
	}
	return true
}

// has tells whether the device has a control.
func (s *setter) has(id uint32) bool {
	_, ok := s.dev.query(id)
	return ok
}

// automatic switches a control that decides by itself; values are tried in
// order. It reports whether one was taken.
func (s *setter) automatic(id uint32, values ...int32) bool {
	if _, ok := s.dev.query(id); !ok {
		return false
	}
	for _, value := range values {
		if s.dev.set(id, value) == nil {
			return true
		}
	}
	return false
}

// An automatic ends only where there is a value to set instead, or on a hold:
// otherwise the camera would be stuck at what it happened to have.

func (s *setter) exposure(t wire.Tuning) {
	fixed := t.ShutterUs > 0 && s.has(cidExposureTime)
	switch {
	case fixed:
		s.automatic(cidExposureAuto, exposureManual)
	case t.Hold:
		if !s.keep(cidExposureTime, cidExposureAuto, exposureManual) {
			s.lack("hold", s.device+" has no manual exposure")
		}
	default:
		s.automatic(cidExposureAuto, exposureAperture, exposureByCamera)
	}
	if t.ShutterUs > 0 {
		s.put("shutter", cidExposureTime, max(1, (t.ShutterUs+50)/100), func(n int) string { return micros(100 * n) })
	}
}

func (s *setter) gain(t wire.Tuning) {
	if t.Gain == 0 && t.Hold {
		s.keep(cidGain, cidAutoGain, 0) // without an automatic there is nothing to hold
		return
	}
	s.automatic(cidAutoGain, yes(t.Gain == 0 || !s.has(cidGain)))
	if t.Gain == 0 {
		return
	}
	// The kernel gives a gain no unit. Evenly in stops over the device's own
	// scale is what most of them are.
	has, _ := s.dev.query(cidGain)
	share := min(math.Log(t.Gain)/math.Log(mostGain), 1)
	value := float64(has.least) + share*float64(int(has.most)-int(has.least))
	s.put("gain", cidGain, int(math.Round(value)), func(n int) string { return fmt.Sprint(n) })
}

func (s *setter) white(t wire.Tuning) {
	fixed := t.Kelvin > 0 && s.has(cidWhiteKelvin)
	switch {
	case !fixed && t.Hold:
		if !s.keep(cidWhiteKelvin, cidAutoWhite, 0) {
			s.lack("hold", s.device+" has no manual white balance")
		}
	default:
		s.automatic(cidAutoWhite, yes(!fixed))
	}
	if t.Kelvin > 0 {
		s.put("white balance", cidWhiteKelvin, t.Kelvin, func(n int) string { return fmt.Sprintf("%dK", n) })
	}
}

func yes(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
