package indicator

import (
	"testing"
	"time"
)

// flashes returns when a pattern lights up within the given time.
func flashes(p Pattern, within time.Duration) (at []time.Duration) {
	if len(p.Beat) < 2 {
		return nil
	}
	for now := time.Duration(0); now < within; {
		on, left := p.at(now)
		if on {
			at = append(at, now)
		}
		now += left
	}
	return at
}

func TestNoPatternFlashesMoreThanThreeTimesInAnySecond(t *testing.T) {
	for _, p := range Patterns() {
		at := flashes(p, 30*time.Second)
		for i := range at {
			if i+3 < len(at) && at[i+3]-at[i] < time.Second {
				t.Errorf("%s: four flashes from %v to %v", p.Name, at[i], at[i+3])
			}
		}
	}
}

func TestEveryTwoPatternsDifferInRhythmAlone(t *testing.T) {
	all := Patterns()
	for i, a := range all {
		for _, b := range all[i+1:] {
			if alike(a, b) {
				t.Errorf("%s and %s look alike without colour", a.Name, b.Name)
			}
		}
	}
}

// alike compares what an eye tells apart: flashes per group, and then pace or
// share of light, either by a wide margin.
func alike(a, b Pattern) bool {
	if len(a.Beat) != len(b.Beat) {
		return false
	}
	if len(a.Beat) < 2 {
		return true
	}
	pace := float64(a.period()) / float64(b.period())
	light := share(a) - share(b)
	return pace < 1.5 && pace > 1/1.5 && light < 0.25 && light > -0.25
}

func share(p Pattern) float64 {
	var on time.Duration
	for i := 0; i < len(p.Beat); i += 2 {
		on += p.Beat[i]
	}
	return float64(on) / float64(p.period())
}

func TestOnlyOnAirIsSteady(t *testing.T) {
	for _, p := range Patterns() {
		if steady := len(p.Beat) == 1; steady != (p.Name == "on_air") {
			t.Errorf("%s: steady is %v", p.Name, steady)
		}
	}
}

func TestRedAloneMeansOnAir(t *testing.T) {
	for _, p := range Patterns() {
		if (p.Colour == Red) != p.OnAir {
			t.Errorf("%s: colour %03b, on air %v", p.Name, p.Colour, p.OnAir)
		}
	}
}

func TestThereIsAPatternForEverythingThatABoxGoesThrough(t *testing.T) {
	names := map[string]bool{}
	for _, p := range Patterns() {
		names[p.Name] = true
	}
	for _, name := range []string{"idle", "checking", "countdown", "starting", "on_air", "degraded",
		"reconnecting", "fault", "updating", "identify", stopped} {
		if !names[name] {
			t.Errorf("no pattern is called %q", name)
		}
	}
}

func TestBeatsAreWholeAndNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Patterns() {
		if seen[p.Name] {
			t.Errorf("%s twice", p.Name)
		}
		seen[p.Name] = true
		if n := len(p.Beat); n > 1 && n%2 != 0 {
			t.Errorf("%s: %d beats do not repeat as on and off", p.Name, n)
		}
		for _, b := range p.Beat {
			if b < 100*time.Millisecond {
				t.Errorf("%s: a beat of %v is too short to see", p.Name, b)
			}
		}
	}
	if !seen[stopped] || !seen[lost] {
		t.Error("the patterns of Halt and of a lost lease must exist")
	}
}
