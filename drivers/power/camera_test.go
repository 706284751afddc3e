package power

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// relay notes what its coil is told and when; the camera has power while Low.
type relay struct {
	gpiotest.Pin
	born time.Time
	told []string
	fail gpio.Level // with broken: the level that cannot be written
	bad  bool
}

func newRelay() *relay { return &relay{Pin: gpiotest.Pin{N: "GPIO26"}, born: time.Now()} }

func (r *relay) Out(l gpio.Level) error {
	if r.bad && l == r.fail {
		return errors.New("line is gone")
	}
	word := "on"
	if l == gpio.High {
		word = "off"
	}
	r.told = append(r.told, fmt.Sprintf("%s %v", word, time.Since(r.born)))
	return r.Pin.Out(l)
}

func (r *relay) expect(t *testing.T, told ...string) {
	t.Helper()
	if !slices.Equal(r.told, told) {
		t.Errorf("the relay was told %q, want %q", r.told, told)
	}
}

func expectError(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || got != nil && !strings.HasPrefix(got.Error(), "camera power on GPIO26: ") {
		t.Errorf("got %v, want %v", got, want)
	}
}

// cycling starts a cycle, waits into the middle of it, and returns its result.
func cycling(ctx context.Context, c *Camera) chan error {
	done := make(chan error, 1)
	go func() { done <- c.Cycle(ctx) }()
	time.Sleep(2 * time.Second)
	synctest.Wait()
	return done
}

func TestACycleTakesThePowerAwayForItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay()
		expectError(t, New(Config{Pin: r}).Cycle(t.Context()), nil)
		r.expect(t, "off 0s", "on 5s")
	})
}

func TestAnActiveLowRelayAndALongerTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay()
		c := New(Config{Pin: r, ActiveLow: true, OffFor: time.Minute})
		expectError(t, errors.Join(c.Cycle(t.Context())), nil)
		r.expect(t, "on 0s", "off 1m0s") // the words of a relay that is active high
		if r.Read() != gpio.High {
			t.Error("on is not High")
		}
	})
}

func TestNothingIsSwitchedBeforeAnybodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay()
		c := New(Config{Pin: r})
		expectError(t, c.Halt(), nil)
		r.expect(t)
	})
}

func TestACycleThatIsCutShortGivesThePowerBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay()
		ctx, cancel := context.WithCancel(t.Context())
		done := cycling(ctx, New(Config{Pin: r}))
		cancel()
		expectError(t, <-done, context.Canceled)
		r.expect(t, "off 0s", "on 2s")
	})
}

func TestHaltInACycleGivesThePowerBackAndIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay()
		c := New(Config{Pin: r})
		done := cycling(t.Context(), c)
		expectError(t, errors.Join(c.Halt(), c.Halt()), nil)
		r.expect(t, "off 0s", "on 2s")
		expectError(t, <-done, ErrHalted)
		expectError(t, c.Cycle(t.Context()), ErrHalted)
		time.Sleep(time.Minute)
		r.expect(t, "off 0s", "on 2s")
	})
}

func TestASecondCycleWaitsForTheEndOfTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay()
		c := New(Config{Pin: r})
		done := cycling(t.Context(), c)
		expectError(t, c.Cycle(t.Context()), ErrCycling)
		expectError(t, <-done, nil)
		r.expect(t, "off 0s", "on 5s")
	})
}

func TestARelayThatFailsIsNamedAndTheCycleIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay()
		r.bad, r.fail = true, gpio.High
		c := New(Config{Pin: r})
		if err := c.Cycle(t.Context()); err == nil || err.Error() != "camera power on GPIO26: line is gone" {
			t.Errorf("got %v", err)
		}
		r.expect(t, "on 0s") // for whatever the line did
		r.bad = false
		expectError(t, c.Cycle(t.Context()), nil) // nothing of it is left behind
	})
}

func TestPowerThatDoesNotComeBackIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay()
		r.bad, r.fail = true, gpio.Low
		c := New(Config{Pin: r})
		if c.Cycle(t.Context()) == nil {
			t.Error("nobody is told")
		}
	})
}
