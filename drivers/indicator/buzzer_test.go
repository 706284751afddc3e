package indicator

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// hear runs a buzzer through patterns, renewed every 50 ms as a conductor does,
// and returns how long each beep lasted, in the order of the patterns.
func hear(t *testing.T, lasts time.Duration, names ...string) (beeps [][]time.Duration) {
	t.Helper()
	pin := &gpiotest.Pin{}
	b := NewBuzzer(Light{Pin: pin})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	for _, name := range names {
		var heard []time.Duration
		sounded := false
		for ms10 := range lasts / (10 * ms) {
			if ms10%5 == 0 {
				if err := b.Set(name); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			if on := bool(pin.Read()); on && sounded {
				heard[len(heard)-1] += 10 * ms
			} else if on {
				heard = append(heard, 10*ms)
			}
			sounded = bool(pin.Read())
			time.Sleep(10 * ms)
		}
		beeps = append(beeps, heard)
	}
	cancel()
	if err := <-done; err != nil || pin.Read() == gpio.High {
		t.Errorf("after Run: %v, pin %v", err, pin.Read())
	}
	return beeps
}

func TestBeepsFollowTheShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := []string{"idle", "checking", "countdown", "starting", "on_air", "degraded", "reconnecting", "on_air", "idle", "fault", "idle"}
		got := hear(t, 3*time.Second, names...)
		want := map[int][]time.Duration{
			2: {60 * ms, 60 * ms, 60 * ms}, 3: {60 * ms, 60 * ms},
			8: {500 * ms}, 9: {250 * ms, 250 * ms, 250 * ms},
		}
		for i, name := range names {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%d. %s: beeps %v, want %v", i, name, got[i], want[i])
			}
		}
	})
}

func TestAFailureIsHeardInAShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, from := range []string{"on_air", "degraded", "reconnecting"} {
			if got := hear(t, 2*time.Second, from, "fault"); len(got[1]) != 3 {
				t.Errorf("after %s: %v", from, got[1])
			}
		}
	})
}

func TestNoSeriesOfPatternsBeepsIntoAShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 5))
		var names []string
		for range 2000 {
			names = append(names, Patterns()[rng.IntN(len(Patterns()))].Name)
		}
		for i, beeps := range hear(t, 100*ms, names...) { // shorter than most tunes
			if out(names[i]) && len(beeps) > 0 {
				t.Fatalf("%v heard in %s after %s", beeps, names[i], names[i-1])
			}
		}
	})
}

func TestABuzzerThatNobodyRenewsFallsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{}
		b := NewBuzzer(Light{Pin: pin})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		if err := b.Set("countdown"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(Lease)
		for range 500 {
			time.Sleep(10 * ms)
			synctest.Wait()
			if pin.Read() == gpio.High {
				t.Fatal("still ticking")
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestHaltSilencesABuzzerForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{}
		b := NewBuzzer(Light{Pin: pin, ActiveLow: true})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		_ = b.Set("fault")
		synctest.Wait()
		if pin.Read() == gpio.High {
			t.Fatal("no beep: an active-low buzzer sounds when Low")
		}
		if err := errors.Join(b.Halt(), b.Halt(), b.Set("starting"), b.Set("fault")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if pin.Read() == gpio.Low {
			t.Error("sounds after Halt")
		}
		cancel()
		if err := <-done; err != nil || pin.Read() == gpio.Low {
			t.Errorf("after Run: %v, %v", err, pin.Read())
		}
	})
}

func TestABuzzersErrorsAreNamed(t *testing.T) {
	b := NewBuzzer(Light{Pin: &brokenPin{gpiotest.Pin{N: "GPIO12"}}})
	if err := b.Run(t.Context()); err == nil || err.Error() != "indicator buzzer on GPIO12: line is gone" {
		t.Errorf("got %v", err)
	}
	if err := b.Set("rainbow"); err == nil {
		t.Error("an unknown pattern is taken")
	}
}
