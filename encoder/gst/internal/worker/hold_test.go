package worker

import (
	"testing"
	"time"

	"studiobox/encoder/gst/internal/wire"
)

func TestACameraFindsItsValuesInTheNewLightBeforeTheyAreHeld(t *testing.T) {
	var h holder
	at := func(seconds float64) time.Time {
		return time.Unix(100, 0).Add(time.Duration(seconds * float64(time.Second)))
	}
	gold := wire.Tuning{ShutterUs: 20000, Kelvin: 3800, Hold: true}
	if first := h.begin(at(0), gold); first != (wire.Tuning{ShutterUs: 20000, Kelvin: 3800}) {
		t.Errorf("at once: %+v", first)
	}
	if _, due := h.due(at(2.9)); due {
		t.Error("held before the light has settled")
	}
	h.begin(at(2.9), gold) // the same look once more measures once more
	if _, due := h.due(at(5)); due {
		t.Error("a look that was set again did not measure again")
	}
	if held, due := h.due(at(5.9)); !due || held != gold {
		t.Errorf("three seconds later: %+v, %v", held, due)
	}
	if _, due := h.due(at(7)); due {
		t.Error("held twice")
	}
	h.begin(at(8), gold)
	if first := h.begin(at(9), wire.Tuning{}); first != (wire.Tuning{}) {
		t.Errorf("automatic: %+v", first)
	}
	if held, due := h.due(at(20)); due {
		t.Errorf("what an earlier look held came over a later one: %+v", held)
	}
}
