package button

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// run watches the pin while play moves it, and returns the events' kinds.
func run(t *testing.T, pin gpio.PinIn, cfg Config, play func()) []Kind {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var kinds []Kind
	b := New(pin, cfg)
	b.OnEvent = func(e Event) { kinds = append(kinds, e.Kind) }
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	play()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := b.Halt(); err != nil {
		t.Fatal(err)
	}
	return kinds
}

func TestAPressOnAPinWithEdgesIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{N: "GPIO17", EdgesChan: make(chan gpio.Level, 16)}
		got := run(t, pin, Config{ActiveLow: true}, func() {
			time.Sleep(time.Second)
			for range 3 {
				pin.EdgesChan <- gpio.Low
				time.Sleep(55 * ms)
				_ = pin.Out(gpio.High)
				time.Sleep(55 * ms)
			}
		})
		if want := []Kind{Up, Down, Up, Down, Up, Down, Up}; !slices.Equal(got, want) {
			t.Errorf("events %v, want %v", got, want)
		}
		if pin.P != gpio.PullUp {
			t.Errorf("pull is %v, want PullUp for a button to ground", pin.P)
		}
	})
}

func TestAPressIsSeenThoughTheDriverLosesEveryEdge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{N: "GPIO17", EdgesChan: make(chan gpio.Level)}
		got := run(t, pin, Config{}, func() { pressWithoutEdges(pin, 20) })
		if want := 41; len(got) != want {
			t.Errorf("%d events for 20 presses of 50 ms, want %d", len(got), want)
		}
	})
}

func TestAPinWithoutEdgesIsPolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{N: "GPIO17"} // refuses edges without a channel
		got := run(t, pin, Config{}, func() { pressWithoutEdges(pin, 20) })
		if want := 41; len(got) != want {
			t.Errorf("%d events for 20 presses of 50 ms, want %d", len(got), want)
		}
	})
}

// pressWithoutEdges presses for 50 ms, each time a little out of step with the
// looks.
func pressWithoutEdges(pin *gpiotest.Pin, times int) {
	time.Sleep(time.Second)
	for i := range times {
		_ = pin.Out(gpio.High)
		time.Sleep(50 * ms)
		_ = pin.Out(gpio.Low)
		time.Sleep(60*ms + time.Duration(i)*ms)
	}
}

// countingPin answers every wait at once, as a driver with stale edges or a
// closed descriptor does.
type countingPin struct {
	gpiotest.Pin
	edge  bool
	waits int
}

func (p *countingPin) WaitForEdge(time.Duration) bool {
	if p.waits++; p.waits > 10_000 {
		time.Sleep(ms) // let a busy loop come to the end of the test
	}
	return p.edge
}

func TestAStormOfEdgesOrABrokenWaitMakesNoBusyLoop(t *testing.T) {
	for _, edge := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			pin := &countingPin{Pin: gpiotest.Pin{EdgesChan: make(chan gpio.Level)}, edge: edge}
			got := run(t, pin, Config{}, func() { time.Sleep(10 * time.Second) })
			if pin.waits > 2500 {
				t.Errorf("%d waits in 10 s", pin.waits)
			}
			if !slices.Equal(got, []Kind{Up}) {
				t.Errorf("events %v from a line at rest", got)
			}
		})
	}
}

func TestAWaitNeverAsksForForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &waitSpy{Pin: gpiotest.Pin{EdgesChan: make(chan gpio.Level)}}
		run(t, pin, Config{}, func() { time.Sleep(time.Second) })
		if pin.longest <= 0 || pin.longest > 20*ms || pin.shortest <= 0 {
			t.Errorf("waits between %v and %v, want above 0 and at most 20 ms", pin.shortest, pin.longest)
		}
	})
}

type waitSpy struct {
	gpiotest.Pin
	shortest, longest time.Duration
}

func (p *waitSpy) WaitForEdge(d time.Duration) bool {
	if p.longest == 0 {
		p.shortest = d
	}
	p.shortest, p.longest = min(p.shortest, d), max(p.longest, d)
	return p.Pin.WaitForEdge(d)
}

// deadPin refuses to be an input.
type deadPin struct{ gpiotest.Pin }

func (*deadPin) In(gpio.Pull, gpio.Edge) error { return errors.New("line is busy") }

func TestAPinThatRefusesIsNamed(t *testing.T) {
	err := New(&deadPin{gpiotest.Pin{N: "GPIO17"}}, Config{}).Run(t.Context())
	if err == nil || err.Error() != "button on GPIO17: line is busy" {
		t.Errorf("got %v", err)
	}
}

func TestThePullFitsTheWiring(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want gpio.Pull
	}{
		{Config{ActiveLow: true}, gpio.PullUp},                         // opens to ground, pulled up
		{Config{ActiveLow: false}, gpio.PullDown},                      // to 3.3 V
		{Config{ActiveLow: false, NormallyClosed: true}, gpio.PullUp},  // to ground, opens when pressed
		{Config{ActiveLow: true, NormallyClosed: true}, gpio.PullDown}, // to 3.3 V, opens when pressed
		{Config{ActiveLow: true, Pull: gpio.Float}, gpio.Float},        // resistor on the board
	} {
		if got := c.cfg.withDefaults().Pull; got != c.want {
			t.Errorf("%+v: %v, want %v", c.cfg, got, c.want)
		}
	}
}
