package lens

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/physic"
)

const ms = time.Millisecond

// signal is a PWM output that notes its pulses; 0 = no signal.
type signal struct {
	gpiotest.Pin
	mu     sync.Mutex
	pulses []time.Duration
	at     []time.Time
	broken bool
	rate   physic.Frequency
}

func (s *signal) PWM(duty gpio.Duty, f physic.Frequency) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errors.New("chip is gone")
	}
	s.rate = f
	pulse := float64(duty) / float64(gpio.DutyMax) * float64(f.Period())
	s.pulses = append(s.pulses, time.Duration(math.Round(pulse/1000))*time.Microsecond)
	s.at = append(s.at, time.Now())
	return nil
}

func (s *signal) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pulses)
}

func (s *signal) now() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pulses) == 0 {
		return -1
	}
	return s.pulses[len(s.pulses)-1]
}

// run drives an axis while play uses it.
func run(t *testing.T, axis ranAxis, play func()) {
	t.Helper()
	alone(t, axis, func() {
		ctx, cancel := context.WithCancel(t.Context())
		var renewing sync.WaitGroup
		renewing.Go(func() {
			for ctx.Err() == nil {
				axis.Renew()
				pause(ctx, Lease/5)
			}
		})
		play()
		cancel()
		renewing.Wait()
	})
}

// ranAxis is an axis that somebody must run.
type ranAxis interface {
	Axis
	Run(context.Context) error
}

// alone drives an axis whose lease nobody renews.
func alone(t *testing.T, axis ranAxis, play func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- axis.Run(ctx) }()
	play()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func to(t *testing.T, a Axis, fraction float64, lasts time.Duration) {
	t.Helper()
	if err := a.To(fraction); err != nil {
		t.Error(err)
	}
	pass(lasts)
}

// pass lets virtual time go by, and what is due in it happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func servo(t *testing.T, cfg ServoConfig) (*Servo, *signal) {
	t.Helper()
	pin := &signal{Pin: gpiotest.Pin{N: "PWM0"}}
	cfg.Name, cfg.Pin = "zoom", pin
	s, err := NewServo(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, pin
}

func TestAServoMakesNoSignalBeforeItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pin := servo(t, ServoConfig{})
		run(t, s, func() { pass(time.Minute) })
		if len(pin.pulses) != 0 {
			t.Errorf("pulses %v", pin.pulses)
		}
	})
}

func TestAServoGoesToItsPlaceAtItsSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pin := servo(t, ServoConfig{})
		run(t, s, func() {
			to(t, s, 0, time.Second)
			if pin.now() != ms || pin.rate != 50*physic.Hertz {
				t.Errorf("pulses of %v at %v", pin.now(), pin.rate)
			}
			to(t, s, 1, time.Second)
			if pin.now() < 1490*time.Microsecond || pin.now() > 1510*time.Microsecond {
				t.Errorf("half way after half its time it makes %v", pin.now())
			}
			pass(1100 * ms)
			if n := pin.count(); pin.now() != 2*ms || n != 101 {
				t.Errorf("at its place after %d pulses it makes %v", n, pin.now())
			}
			pass(time.Minute)
			if n := pin.count(); n != 101 {
				t.Errorf("%d pulses more at rest", n-101)
			}
		})
	})
}

func TestNoSeriesOfWishesMovesAServoFasterOrFurther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pin := servo(t, ServoConfig{Low: 2200 * time.Microsecond, High: 900 * time.Microsecond, Speed: 1, OffAfter: 50 * ms})
		rng := rand.New(rand.NewPCG(1, 1))
		run(t, s, func() {
			for range 2000 {
				to(t, s, rng.Float64(), time.Duration(rng.IntN(500))*ms)
			}
		})
		last, at := pin.pulses[0], pin.at[0]
		for i, pulse := range pin.pulses {
			if pulse == 0 {
				continue
			}
			if pulse < 900*time.Microsecond || pulse > 2200*time.Microsecond {
				t.Fatalf("a pulse of %v", pulse)
			}
			step, gap := (pulse - last).Abs(), pin.at[i].Sub(at)
			if step > 27*time.Microsecond || i > 0 && gap < 20*ms { // 1300 µs a second, rounded
				t.Fatalf("%v more after %v", step, gap)
			}
			last, at = pulse, pin.at[i]
		}
	})
}

func TestTheSignalIsTakenAwayAfterAMotion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pin := servo(t, ServoConfig{OffAfter: 500 * ms})
		run(t, s, func() {
			to(t, s, 0.5, 1400*ms) // the first way may last a second
			if pin.now() == 0 {
				t.Error("off on its first way")
			}
			pass(200 * ms)
			if pin.now() != 0 {
				t.Errorf("still %v", pin.now())
			}
			to(t, s, 0.5, time.Second)
			if pin.now() != 0 {
				t.Error("a place where it is wakes it")
			}
			to(t, s, 0.6, 300*ms)
			if pin.now() != 1600*time.Microsecond {
				t.Errorf("it makes %v", pin.now())
			}
			pass(time.Second)
			if pin.now() != 0 {
				t.Error("the signal stays after the second motion")
			}
		})
	})
}

func TestHaltStopsAServoWhereItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pin := servo(t, ServoConfig{OffAfter: time.Second})
		run(t, s, func() {
			to(t, s, 0, 1100*ms)
			to(t, s, 1, 500*ms)
			place, n := pin.now(), pin.count()
			if err := errors.Join(s.Halt(), s.Halt()); err != nil {
				t.Error(err)
			}
			pass(time.Minute)
			if pin.now() != place || pin.count() != n {
				t.Errorf("it makes %v, %v at Halt", pin.now(), place)
			}
			if err := s.To(0); err == nil || !strings.Contains(err.Error(), "lens zoom: it was halted") {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestHaltOnTheFirstWayTakesTheSignalAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pin := servo(t, ServoConfig{})
		run(t, s, func() {
			to(t, s, 1, 300*ms)
			if err := s.Halt(); err != nil {
				t.Error(err)
			}
			if pin.now() != 0 {
				t.Errorf("it still makes %v", pin.now())
			}
		})
	})
}

func TestAServoRefusesWhatCouldBreakALens(t *testing.T) {
	for _, cfg := range []ServoConfig{
		{Low: 400 * time.Microsecond, High: ms}, {Low: ms, High: 3 * ms}, {Low: ms, High: ms}, {High: ms},
	} {
		if _, err := NewServo(cfg); err == nil || !strings.Contains(err.Error(), "0.5 to 2.5 ms") {
			t.Errorf("%v to %v: %v", cfg.Low, cfg.High, err)
		}
	}
	s, _ := servo(t, ServoConfig{})
	for _, place := range []float64{-0.01, 1.01, math.NaN(), math.Inf(1)} {
		if err := s.To(place); err == nil || !strings.Contains(err.Error(), "give 0 to 1") {
			t.Errorf("%g: %v", place, err)
		}
	}
}

func TestAServosPinIsNamed(t *testing.T) {
	s, pin := servo(t, ServoConfig{})
	pin.broken = true
	_ = s.To(0.5)
	if err := s.Run(t.Context()); err == nil || err.Error() != "lens zoom, servo on PWM0: chip is gone" {
		t.Errorf("got %v", err)
	}
}
