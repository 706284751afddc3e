package lens

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// ring is a lens ring with two stops and a motor that slips at them. It is the
// motor's STEP pin.
type ring struct {
	gpiotest.Pin
	dir, enable gpiotest.Pin
	place       int // 0..travel
	travel      int
	steps       int
	unpowered   int // steps without current
	slipped     int // steps against a stop
	last        time.Time
	shortest    time.Duration // between two steps
	broken      bool
}

func (r *ring) Out(l gpio.Level) error {
	if r.broken {
		return errors.New("line is gone")
	}
	if was := r.Read(); was == l || l == gpio.Low {
		return r.Pin.Out(l)
	}
	if gap := time.Since(r.last); r.steps > 0 && gap < r.shortest {
		r.shortest = gap
	}
	r.last = time.Now()
	r.steps++
	if r.enable.Read() == gpio.High { // active low
		r.unpowered++
	}
	move := -1
	if r.dir.Read() == gpio.High {
		move = 1
	}
	if next := r.place + move; next < 0 || next > r.travel {
		r.slipped++
	} else {
		r.place = next
	}
	return r.Pin.Out(l)
}

func stepper(t *testing.T, place int) (*Stepper, *ring) {
	t.Helper()
	r := &ring{Pin: gpiotest.Pin{N: "GPIO5"}, enable: gpiotest.Pin{L: gpio.High}, place: place, travel: 1000, shortest: time.Hour}
	s, err := NewStepper(StepperConfig{Name: "focus", Step: r, Dir: &r.dir, Enable: &r.enable, Travel: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func TestAMotorMovesNothingBeforeItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := stepper(t, 300)
		run(t, s, func() { pass(time.Minute) })
		if r.steps != 0 || r.enable.Read() == gpio.Low {
			t.Errorf("%d steps", r.steps)
		}
	})
}

func TestAMotorFindsItsStopAndThenItsPlace(t *testing.T) {
	for _, start := range []int{0, 1, 500, 1000} {
		synctest.Test(t, func(t *testing.T) {
			s, r := stepper(t, start)
			run(t, s, func() {
				to(t, s, 0.5, 20*time.Second)
				if r.place != 500 || r.unpowered > 0 {
					t.Errorf("from %d to %d; %d steps without current", start, r.place, r.unpowered)
				}
				slipped := r.slipped
				for place, want := range map[float64]int{0: 20, 1: 980, 0.25: 260} {
					if to(t, s, place, 4*time.Second); r.place != want {
						t.Errorf("at %d for %g, want %d", r.place, place, want)
					}
				}
				if r.slipped != slipped {
					t.Error("it met a stop again")
				}
			})
		})
	}
}

func TestNoSeriesOfWishesIsFasterThanAllowedOrMeetsAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := stepper(t, 700)
		rng := rand.New(rand.NewPCG(3, 3))
		run(t, s, func() {
			to(t, s, 0.5, 20*time.Second)
			slipped := r.slipped
			last := 0.0
			for range 500 {
				last = rng.Float64()
				to(t, s, last, time.Duration(rng.IntN(2000))*ms)
			}
			to(t, s, 1, 10*time.Second)
			if r.place != 980 || r.slipped != slipped {
				t.Errorf("at %d, %d steps lost", r.place, r.slipped-slipped)
			}
		})
		if r.shortest < 2500*time.Microsecond {
			t.Errorf("two steps within %v, 400 a second allowed", r.shortest)
		}
	})
}

func TestHaltStopsAMotorAtOnceAndKeepsItsCurrent(t *testing.T) {
	for _, after := range []time.Duration{0, ms, 3 * time.Second, 15 * time.Second} { // homing, and at work
		synctest.Test(t, func(t *testing.T) {
			s, r := stepper(t, 700)
			run(t, s, func() {
				to(t, s, 0.9, after)
				if err := errors.Join(s.Halt(), s.Halt()); err != nil {
					t.Error(err)
				}
				steps, enable := r.steps, r.enable.Read()
				pass(time.Minute)
				if r.steps != steps {
					t.Errorf("%d steps after Halt", r.steps-steps)
				}
				if r.enable.Read() != enable {
					t.Error("Halt changed the current")
				}
				if s.To(0) == nil {
					t.Error("it takes a place after Halt")
				}
			})
		})
	}
}

func TestAMotorStoppedInFullRunSeeksItsPlaceAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := stepper(t, 0)
		run(t, s, func() {
			to(t, s, 0, 20*time.Second)
			to(t, s, 1, time.Second)
		})
		steps := r.steps
		pass(time.Minute)
		if r.steps != steps {
			t.Fatal("steps without a Run")
		}
		r.place = 100 // it slipped
		run(t, s, func() { to(t, s, 1, 30*time.Second) })
		if r.place != 980 {
			t.Errorf("at %d", r.place)
		}
	})
}

func TestAMotorAtRestKeepsItsPlaceForTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := stepper(t, 0)
		run(t, s, func() { to(t, s, 0.5, 20*time.Second) })
		steps := r.steps
		run(t, s, func() { to(t, s, 0.6, 5*time.Second) })
		if r.place != 596 || r.steps != steps+96 {
			t.Errorf("at %d after %d steps", r.place, r.steps-steps)
		}
	})
}

func TestAMotorThatCannotBeIsRefused(t *testing.T) {
	for _, cfg := range []StepperConfig{
		{Travel: 50}, {Travel: 1000, Margin: -1}, {Travel: 1000, Margin: 250}, {Travel: 1000, Rate: 3000},
		{Travel: 1000, Rate: -1}, {Travel: 1000, HomeRate: 500}, {Travel: 1000, Accel: -1},
	} {
		if _, err := NewStepper(cfg); err == nil || !strings.HasPrefix(err.Error(), "lens ") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestAMotorsPinIsNamedAndItsPlaceForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := stepper(t, 0)
		run(t, s, func() { to(t, s, 0.5, 20*time.Second) })
		r.broken = true
		_ = s.To(0.9)
		err := s.Run(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), "lens focus, stepper on GPIO5: line is gone") {
			t.Errorf("got %v", err)
		}
		r.broken = false
		r.place = 300
		run(t, s, func() { to(t, s, 0.9, 20*time.Second) })
		if r.place != 884 {
			t.Errorf("at %d", r.place)
		}
	})
}
