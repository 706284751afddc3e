package light

import (
	"math"
	"testing"
)

func TestLightnessFollowsTheStandard(t *testing.T) {
	for _, c := range []struct{ level, luminance float64 }{
		{0, 0}, {8, 0.008856}, {50, 0.184187}, {76.07, 0.5}, {100, 1}, // CIE 15, worked by hand
	} {
		if got := Luminance(c.level); math.Abs(got-c.luminance) > 1e-4 {
			t.Errorf("L* %g: luminance %.6f, want %.6f", c.level, got, c.luminance)
		}
	}
}

func TestLightnessAndLuminanceAreEachOthersInverse(t *testing.T) {
	last := -1.0
	for level := 0.0; level <= 100; level += 0.01 {
		y := Luminance(level)
		if y <= last {
			t.Fatalf("luminance does not rise at L* %g", level)
		}
		if back := Lightness(y); math.Abs(back-level) > 1e-9 {
			t.Fatalf("L* %g came back as %g", level, back)
		}
		last = y
	}
}

func TestStepsOfTheChannelsAreAsStated(t *testing.T) {
	for _, c := range []struct {
		levels       int
		step, smooth float64
	}{
		{256, 3.54, 48.1}, // DMX, one slot
		{4097, 0.22, 0},   // PCA9685
		{65536, 0.014, 0}, // DMX, two slots
	} {
		if got := CoarsestStep(c.levels); math.Abs(got-c.step) > 0.005 {
			t.Errorf("%d levels: coarsest step %.3f, want %.3f", c.levels, got, c.step)
		}
		if got := SmoothAbove(c.levels, 0.5); math.Abs(got-c.smooth) > 0.5 {
			t.Errorf("%d levels: smooth above %.1f, want %.1f", c.levels, got, c.smooth)
		}
	}
	if CoarsestStep(0) != 0 || SmoothAbove(2, 0.5) != 100 {
		t.Error("unknown and switched channels are not told apart")
	}
}
