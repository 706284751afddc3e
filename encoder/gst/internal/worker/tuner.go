package worker

import (
	"fmt"
	"strconv"
	"time"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
)

// tuner sets how a camera exposes, and returns what of it the camera cannot
// do, one line each.
type tuner interface {
	apply(t wire.Tuning) (lacks []string)
}

func newTuner(c wire.Camera, source *native.Element) tuner {
	switch c.Kind {
	case wire.CSI:
		return libcameraTuner{source}
	case wire.V4L2, wire.HDMI:
		return v4l2Tuner{device: c.Device, open: openControls}
	}
	return untunable{c.Kind}
}

// wished names what a tuning asks for beyond "automatic".
func wished(t wire.Tuning) (names []string) {
	for _, w := range []struct {
		name string
		yes  bool
	}{
		{"shutter", t.ShutterUs > 0}, {"gain", t.Gain > 0}, {"white balance", t.Kelvin > 0},
		{"exposure", t.EV != 0}, {"hold", t.Hold},
	} {
		if w.yes {
			names = append(names, w.name)
		}
	}
	return names
}

// untunable is a camera with nothing to set.
type untunable struct{ kind string }

func (u untunable) apply(t wire.Tuning) (lacks []string) {
	for _, name := range wished(t) {
		lacks = append(lacks, fmt.Sprintf("%s: a %s camera has none", name, u.kind))
	}
	return lacks
}

// properties is a GStreamer element as a tuner needs it.
type properties interface {
	Has(property string) bool
	Set(property, value string)
}

// libcameraTuner sets libcamerasrc's properties, which follow libcamera's
// controls (libcamera, control_ids_core.yaml). Before 0.4 the element has
// none; from 0.5 on exposure and gain are automatic each for itself.
type libcameraTuner struct{ element properties }

func (l libcameraTuner) apply(t wire.Tuning) (lacks []string) {
	manual := func(fixed bool) string {
		if fixed || t.Hold {
			return "manual"
		}
		return "auto"
	}
	set := func(what, property, value string, wanted bool) {
		if l.element.Has(property) {
			l.element.Set(property, value)
		} else if wanted {
			lacks = append(lacks, fmt.Sprintf("%s: libcamerasrc has no %s, install a newer gstreamer1.0-libcamera", what, property))
		}
	}
	if l.element.Has("exposure-time-mode") {
		set("shutter", "exposure-time-mode", manual(t.ShutterUs > 0), false)
		set("gain", "analogue-gain-mode", manual(t.Gain > 0), t.Gain > 0)
	} else {
		// A fixed value takes its part out of the automatic by itself here, and 0
		// gives it back.
		set("hold", "ae-enable", strconv.FormatBool(!t.Hold && (t.ShutterUs == 0 || t.Gain == 0)), t.Hold)
		if t.ShutterUs == 0 && !t.Hold {
			set("shutter", "exposure-time", "0", false)
		}
		if t.Gain == 0 && !t.Hold {
			set("gain", "analogue-gain", "0", false)
		}
	}
	if t.ShutterUs > 0 {
		set("shutter", "exposure-time", strconv.Itoa(t.ShutterUs), true)
	}
	if t.Gain > 0 {
		set("gain", "analogue-gain", strconv.FormatFloat(t.Gain, 'f', 3, 64), true)
	}
	set("exposure", "exposure-value", strconv.FormatFloat(t.EV, 'f', 3, 64), t.EV != 0)
	set("white balance", "awb-enable", strconv.FormatBool(t.Kelvin == 0 && !t.Hold), t.Hold)
	if t.Kelvin > 0 {
		set("white balance", "colour-temperature", strconv.Itoa(t.Kelvin), true)
	}
	return lacks
}

// micros is a time in µs as people write it.
func micros(us int) string { return (time.Duration(us) * time.Microsecond).String() }
