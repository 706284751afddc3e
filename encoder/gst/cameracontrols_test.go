package gst

import (
	"testing"
	"time"

	"studiobox/encoder/gst/internal/wire"
)

func TestATuningIsSentWhenItIsNewsAndOneThatHoldsEachTimeSinceItMeasuresAgain(t *testing.T) {
	fixed := Tuning{Shutter: 20 * time.Millisecond, Kelvin: 3800}
	holds := Tuning{Shutter: 20 * time.Millisecond, Kelvin: 3800, Hold: true}
	c := &cameraControls{controls: newControls(Settings{}), tuning: fixed}
	for _, step := range []struct {
		tuning Tuning
		sent   bool
	}{{fixed, false}, {holds, true}, {holds, true}, {Tuning{}, true}, {Tuning{}, false}} {
		c.tune(step.tuning)
		if c.tuned != step.sent {
			t.Errorf("%+v: sent %t, want %t", step.tuning, c.tuned, step.sent)
		}
		cfg := c.begin(wire.Config{Camera: &wire.Camera{}}) // as a new child does, it takes what is wished
		if cfg.Camera.Tuning != onWire(step.tuning) {
			t.Errorf("a new child is told %+v", cfg.Camera.Tuning)
		}
	}
}
