package button

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// mushroom is an emergency stop at work on a test pin; closed reads Low. It has
// no pull, since a pull would set the level of a test pin.
type mushroom struct {
	*EStop
	pin   gpio.PinIO
	trips int
	stop  func()
}

func watchEStop(t *testing.T, pin gpio.PinIO) *mushroom {
	t.Helper()
	m := &mushroom{EStop: NewEStop(pin, EStopConfig{Pull: gpio.Float}), pin: pin}
	m.OnTrip = func() { m.trips++ }
	m.start(t)
	return m
}

func (m *mushroom) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	m.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	time.Sleep(time.Second)
	synctest.Wait()
}

// set puts the contact into a state for a time.
func (m *mushroom) set(open bool, lasts time.Duration) {
	_ = m.pin.Out(gpio.Level(open))
	time.Sleep(lasts)
	synctest.Wait()
}

func (m *mushroom) expect(t *testing.T, tripped bool, trips int) {
	t.Helper()
	if m.Tripped() != tripped || m.trips != trips {
		t.Errorf("tripped %v after %d trips, want %v, %d", m.Tripped(), m.trips, tripped, trips)
	}
}

func TestAnOpeningIsLatchedUntilItIsClosedAndReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watchEStop(t, &gpiotest.Pin{})
		m.expect(t, false, 0)
		m.set(true, 10*ms)
		m.expect(t, true, 1)
		m.set(true, time.Minute)
		if err := m.Release(); err == nil || !strings.Contains(err.Error(), "the contact is open") {
			t.Errorf("released while open: %v", err)
		}
		m.set(false, time.Minute) // neither closing nor the refused Release unlatches
		m.expect(t, true, 1)
		if err := m.Release(); err != nil {
			t.Error(err)
		}
		m.expect(t, false, 1)
		m.set(true, 10*ms)
		m.expect(t, true, 2)
		m.stop()
	})
}

func TestAContactThatStillBouncesIsNotReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watchEStop(t, &gpiotest.Pin{L: gpio.High})
		m.expect(t, true, 1)
		for range 20 {
			m.set(false, 50*ms)
			if m.Release() == nil {
				t.Fatal("released 50 ms after closing")
			}
			m.set(true, 6*ms)
		}
		m.set(false, 120*ms)
		if err := m.Release(); err != nil {
			t.Error(err)
		}
		m.stop()
	})
}

func TestAnOpeningBetweenTwoLooksIsSeenByReleaseItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watchEStop(t, &gpiotest.Pin{})
		m.set(true, 20*ms)
		m.set(false, time.Second)
		_ = m.pin.Out(gpio.High) // Run has not looked since
		if m.Release() == nil {
			t.Error("released while open")
		}
		m.stop()
	})
}

// blip is a pin whose contact has always closed again when somebody looks.
type blip struct {
	gpiotest.Pin
	edges chan struct{}
}

func (p *blip) In(gpio.Pull, gpio.Edge) error { return nil }

func (p *blip) WaitForEdge(d time.Duration) bool {
	select {
	case <-p.edges:
		return true
	case <-time.After(d):
		return false
	}
}

func TestAnOpeningTooShortForALookIsCaughtByItsEdge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &blip{edges: make(chan struct{})}
		m := watchEStop(t, pin)
		m.expect(t, false, 0)
		pin.edges <- struct{}{}
		time.Sleep(2 * ms)
		synctest.Wait()
		m.expect(t, true, 1)
		m.stop()
	})
}

func TestWhatNobodyWatchesIsTripped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{}
		if e := NewEStop(pin, EStopConfig{Pull: gpio.Float}); !e.Tripped() || e.Release() == nil {
			t.Error("safe before the first look")
		}
		m := watchEStop(t, pin)
		m.expect(t, false, 0)
		m.stop()
		m.expect(t, true, 0)
		if m.Release() == nil {
			t.Error("released by nobody's look")
		}
		m.start(t)
		m.expect(t, false, 0)
		m.set(true, 20*ms)
		m.stop()
		m.set(false, time.Second)
		m.start(t) // a new Run does not unlatch either
		m.expect(t, true, 1)
		m.stop()
	})
}

func TestTheWiringOfAnEStopDecidesPullAndLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &gpiotest.Pin{L: gpio.High}
		e := NewEStop(pin, EStopConfig{ClosedHigh: true})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		time.Sleep(10 * ms)
		if !e.Tripped() {
			t.Error("the pull stands for a cut wire and is not seen")
		}
		_ = pin.Out(gpio.High)
		time.Sleep(200 * ms)
		if err := e.Release(); err != nil {
			t.Error(err)
		}
		if e.Tripped() || pin.P != gpio.PullDown {
			t.Errorf("tripped %v, pull %v", e.Tripped(), pin.P)
		}
		_ = pin.Out(gpio.Low) // the wire is cut
		time.Sleep(10 * ms)
		synctest.Wait()
		if !e.Tripped() {
			t.Error("a cut wire is not seen")
		}
		cancel()
		if err := <-done; err != nil || e.Halt() != nil {
			t.Error(err)
		}
	})
	if e := NewEStop(&gpiotest.Pin{}, EStopConfig{}); e.cfg.Pull != gpio.PullUp {
		t.Errorf("pull %v for a contact to ground", e.cfg.Pull)
	}
}

func TestAnEStopPinThatRefusesIsNamedAndCountsAsTripped(t *testing.T) {
	e := NewEStop(&deadPin{gpiotest.Pin{N: "GPIO22"}}, EStopConfig{})
	if err := e.Run(t.Context()); err == nil || err.Error() != "emergency stop on GPIO22: line is busy" {
		t.Errorf("got %v", err)
	}
	if !e.Tripped() {
		t.Error("not tripped")
	}
}

func TestAStormOfEdgesOnAnEStopMakesNoBusyLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pin := &countingPin{Pin: gpiotest.Pin{EdgesChan: make(chan gpio.Level)}, edge: true}
		e := NewEStop(pin, EStopConfig{Pull: gpio.Float})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Run(ctx); err != nil || pin.waits > 1100 {
			t.Errorf("%v, %d waits in a second", err, pin.waits)
		}
	})
}
