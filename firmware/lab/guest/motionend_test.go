package main

import "testing"

func TestStepsWithoutPowerAreThoseAfterItWasLost(t *testing.T) {
	on, off := level{false, false}, level{false, true} // active low
	rise, fall := level{true, true}, level{true, false}
	for name, c := range map[string]struct {
		all             levels
		made, unpowered int
	}{
		"a planned stop": {levels{off, off, on, rise, fall, on, rise, fall, off, off}, 2, 0},
		"a dropped load": {levels{off, on, rise, fall, off, rise, fall, off}, 2, 1},
		"given again":    {levels{on, rise, off, on, rise, off}, 2, 0},
		"no power known": {levels{rise, fall}, 1, 0},
	} {
		if made, unpowered := c.all.steps(false); made != c.made || unpowered != c.unpowered {
			t.Errorf("%s: %d steps, %d without power", name, made, unpowered)
		}
	}
}
