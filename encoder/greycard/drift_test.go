package greycard

import "testing"

// stage is a backdrop with something colourful in the middle.
func stage(r, g, b float64) Picture {
	y, cb, cr := coded(r, g, b)
	p := flat(640, 360, y, cb, cr)
	paint(p, Region{0.3, 0.3, 0.4, 0.4}, 120, 90, 180)
	return p
}

func looks(t *testing.T, w *Watch, p Picture, times int) (last Drift) {
	t.Helper()
	for range times {
		var err error
		if last, err = w.Look(p); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

func taken(t *testing.T, p Picture) *Watch {
	t.Helper()
	references, err := References(p)
	if err != nil || len(references) != 4 {
		t.Fatalf("%v, %v", references, err)
	}
	return NewWatch(references)
}

func TestADriftIsToldAfterPatienceWithItsFigureAndTakenBack(t *testing.T) {
	w := taken(t, stage(0.3, 0.3, 0.3))
	if d := looks(t, w, stage(0.3, 0.3, 0.3), 5); d.Drifted || d.DeltaE > 0.1 {
		t.Errorf("nothing changed: %+v", d)
	}
	warm := stage(0.33, 0.3, 0.26) // as a lamp that ages, or the evening sun
	if d := looks(t, w, warm, beyondFor-1); d.Drifted || d.DeltaE < driftFrom {
		t.Errorf("without patience: %+v", d)
	}
	if d := looks(t, w, warm, 1); !d.Drifted {
		t.Errorf("not told: %+v", d)
	}
	if d := looks(t, w, stage(0.3, 0.3, 0.3), withinFor-1); !d.Drifted {
		t.Errorf("taken back at once: %+v", d)
	}
	if d := looks(t, w, stage(0.3, 0.3, 0.3), 1); d.Drifted {
		t.Errorf("never taken back: %+v", d)
	}
}

func TestWhatComesAndGoesIsNoDrift(t *testing.T) {
	w := taken(t, stage(0.3, 0.3, 0.3))
	for range 20 {
		looks(t, w, stage(0.4, 0.3, 0.2), beyondFor-1)
		if d := looks(t, w, stage(0.3, 0.3, 0.3), 1); d.Drifted {
			t.Fatalf("%+v", d)
		}
	}
}

func TestAHandInOneCornerIsNoDriftAndNothingToGoByIsNone(t *testing.T) {
	w := taken(t, stage(0.3, 0.3, 0.3))
	hand := stage(0.3, 0.3, 0.3)
	paint(hand, Region{0, 0, 0.2, 0.2}, 150, 105, 150)
	if d := looks(t, w, hand, 10); d.Drifted || d.DeltaE > 0.1 {
		t.Errorf("a hand: %+v", d)
	}
	if d := looks(t, w, stage(0.001, 0.001, 0.001), 10); d.Drifted || d.DeltaE >= 0 {
		t.Errorf("lights out: %+v", d)
	}
}

func TestCornersThatTellNothingAreNoReferences(t *testing.T) {
	p := stage(0.3, 0.3, 0.3)
	paint(p, Region{0, 0, 0.07, 1}, 235, 128, 128) // an edge through two of them
	references, err := References(p)
	if err != nil || len(references) != 2 {
		t.Errorf("%d references, %v", len(references), err)
	}
	if references, err = References(stage(0.001, 0.001, 0.001)); err != nil || len(references) != 0 {
		t.Errorf("in the dark: %v, %v", references, err)
	}
}
