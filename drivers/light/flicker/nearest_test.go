package flicker

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTheNearestSafePairOfKnownSetups(t *testing.T) {
	for _, c := range []struct {
		name         string
		setup        Setup
		limits       Limits
		shutter, pwm float64 // 0 = none
	}{
		{"safe stays", Setup{PWM: 20000, Shutter: 0.01, FPS: 30}, Limits{}, 0.01, 20000},
		{"50 Hz lamps want 1/100 s", Setup{Shutter: 1.0 / 125, FPS: 30, Mains: []float64{50}, MainsDepth: 0.5},
			Limits{Shutters: []float64{1.0 / 50, 1.0 / 60, 1.0 / 100, 1.0 / 120, 1.0 / 250}}, 0.01, 0},
		{"60 Hz lamps want 1/120 s", Setup{Shutter: 1.0 / 125, FPS: 30, Mains: []float64{60}, MainsDepth: 0.5},
			Limits{Shutters: []float64{1.0 / 50, 1.0 / 60, 1.0 / 100, 1.0 / 120, 1.0 / 250}}, 1.0 / 120, 0},
		{"the PWM gives way first", Setup{PWM: 8000, Shutter: 0.01, FPS: 30, Tolerance: 0.1},
			Limits{ShutterMin: 0.001, ShutterMax: 1.0 / 30, PWMMin: 1000, PWMMax: 40000}, 0.01, 1 / (0.01 * 0.9 * 0.01)},
		{"eyes want 1250 Hz, in step", Setup{PWM: 400, Shutter: 0.01, FPS: 30},
			Limits{PWMMin: 100, PWMMax: 2000}, 0.01, 1300},
		{"where both mains are, 30 fps has no safe shutter", Setup{Shutter: 0.01, FPS: 30, Mains: []float64{50, 60}, MainsDepth: 1},
			Limits{ShutterMin: 0.001, ShutterMax: 1}, 0, 0},
		{"where both mains are, 20 fps has nearly 1/20 s", Setup{Shutter: 0.01, FPS: 20, Mains: []float64{50, 60}, MainsDepth: 1},
			Limits{ShutterMin: 0.001, ShutterMax: 1}, 0.04995, 0}, // where the ripple is just 1 %
		{"a frequency that steps up", Setup{PWM: 1980, Shutter: 0.01, FPS: 30, MinDuty: 0.5}, Limits{PWMMin: 1500, PWMMax: 2500}, 0.01, 1990.1},
		{"a frequency that steps down", Setup{PWM: 1920, Shutter: 0.01, FPS: 30, MinDuty: 0.5}, Limits{PWMMin: 1500, PWMMax: 2500}, 0.01, 1909.6},
		{"just what eyes want", Setup{PWM: 400, Shutter: 0.00961, FPS: 30, MinDuty: 0.5}, Limits{PWMMin: 100, PWMMax: 2000}, 0.00961, 1250},
		{"safe but not within the limits", Setup{PWM: 20000, Shutter: 0.01, FPS: 30}, Limits{PWMMin: 1000, PWMMax: 12000}, 0.01, 12000},
		{"a shutter that fits the PWM to 1 in 10,000", Setup{PWM: 2000, Shutter: 0.01013, FPS: 30}, Limits{ShutterMin: 0.005, ShutterMax: 0.02}, 0.010001, 2000},
		{"a shutter longer than the frame is none", Setup{Shutter: 1.0 / 125, FPS: 30, Mains: []float64{50}, MainsDepth: 0.5}, Limits{Shutters: []float64{0.05}}, 0, 0},
		{"nothing may change", Setup{PWM: 2000, Shutter: 0.0101, FPS: 30, Tolerance: 0.05}, Limits{}, 0, 0},
	} {
		got, ok, err := Nearest(c.setup, c.limits)
		if err != nil || ok != (c.shutter > 0) {
			t.Errorf("%s: %+v %v %v", c.name, got, ok, err)
			continue
		}
		if ok && (math.Abs(got.Shutter-c.shutter) > 1e-4*c.shutter || math.Abs(got.PWM-c.pwm) > 1e-4*c.pwm) {
			t.Errorf("%s: %g s, %g Hz, want %g s, %g Hz", c.name, got.Shutter, got.PWM, c.shutter, c.pwm)
		}
	}
}

// randomLimits allow some room around a setup.
func randomLimits(rng *rand.Rand, s Setup) Limits {
	var l Limits
	switch rng.IntN(3) {
	case 0:
		l.ShutterMin, l.ShutterMax = s.Shutter*(0.3+0.7*rng.Float64()), s.Shutter*(1+rng.Float64())
	case 1:
		for range 1 + rng.IntN(6) {
			l.Shutters = append(l.Shutters, (0.05+0.95*rng.Float64())/s.FPS)
		}
	}
	if s.PWM > 0 && rng.IntN(3) > 0 {
		l.PWMMin, l.PWMMax = s.PWM*(0.5+0.5*rng.Float64()), s.PWM*(1+rng.Float64())
	}
	return l
}

func (l Limits) allow(from, to Setup) bool {
	shutter := to.Shutter == from.Shutter || to.Shutter >= l.ShutterMin && to.Shutter <= l.ShutterMax
	for _, s := range l.Shutters {
		shutter = shutter || s == to.Shutter
	}
	return shutter && (to.PWM == from.PWM && l.PWMMax == 0 || to.PWM >= l.PWMMin && to.PWM <= l.PWMMax) && to.Shutter <= 1/to.FPS
}

func TestTheNearestIsSafeAndWithinTheLimits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	found := 0
	for range 600 {
		s := randomSetup(rng)
		limits := randomLimits(rng, s)
		got, ok, err := Nearest(s, limits)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		found++
		if v, err := Check(got); err != nil || !v.Safe {
			t.Fatalf("%+v within %+v: %+v is not safe: %+v %v", s, limits, got, v, err)
		}
		if !limits.allow(s, got) {
			t.Fatalf("%+v within %+v: %+v is outside", s, limits, got)
		}
	}
	if found < 100 {
		t.Errorf("only %d of 600 have an answer: the test proves little", found)
	}
}

func TestTheNearestLiesAtTheEdgeOfWhatIsSafe(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 8))
	moved := 0
	for range 600 {
		s := randomSetup(rng)
		limits := randomLimits(rng, s)
		got, ok, _ := Nearest(s, limits)
		if !ok || len(limits.Shutters) > 0 || got.Shutter == s.Shutter {
			continue
		}
		moved++
		nearer := got.Shutter + 1e-7*math.Copysign(got.Shutter, s.Shutter-got.Shutter)
		if near, ok := got.at(nearer).with(s.PWM).nearestPWM(limits); ok {
			t.Fatalf("%+v within %+v: %g s is safe too, nearer than %g s", s, limits, near.Shutter, got.Shutter)
		}
	}
	if moved < 20 {
		t.Errorf("only %d shutters moved: the test proves little", moved)
	}
}

// A search by brute force finds nothing nearer, up to its own step.
func TestNothingNearerIsSafe(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 7))
	for range 100 {
		s := randomSetup(rng)
		limits := randomLimits(rng, s)
		got, ok, _ := Nearest(s, limits)
		worst := math.Inf(1)
		if ok {
			worst = math.Abs(got.Shutter - s.Shutter)
		}
		for range 2000 {
			try := s
			if limits.ShutterMin > 0 {
				try.Shutter = limits.ShutterMin + rng.Float64()*(min(limits.ShutterMax, 1/s.FPS)-limits.ShutterMin)
			} else if len(limits.Shutters) > 0 {
				try.Shutter = limits.Shutters[rng.IntN(len(limits.Shutters))]
			}
			if ok && rng.IntN(2) == 0 {
				try.Shutter = got.Shutter
			}
			if limits.PWMMax > 0 && rng.IntN(10) > 0 {
				try.PWM = limits.PWMMin + rng.Float64()*(limits.PWMMax-limits.PWMMin)
			}
			if !limits.allow(s, try) || !must(Check(try)).Safe {
				continue
			}
			nearer := math.Abs(try.Shutter-s.Shutter) < worst-2*fineness*s.Shutter
			same := ok && try.Shutter == got.Shutter && math.Abs(try.PWM-s.PWM) < math.Abs(got.PWM-s.PWM)*(1-1e-6)-1e-6
			if nearer || same {
				t.Fatalf("%+v within %+v: %g s %g Hz is nearer than %+v %v", s, limits, try.Shutter, try.PWM, got, ok)
			}
		}
	}
}
