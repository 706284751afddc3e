package button

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// EStopConfig is the wiring of the read-back of an emergency stop: a contact
// that is closed while nobody presses, so that a cut wire reads as pressed. The
// stop itself is done by its hardware; this only knows of it.
type EStopConfig struct {
	// ClosedHigh: the line reads High while the contact is closed (contact to
	// 3.3 V, pulled down). Otherwise it closes to ground and is pulled up.
	ClosedHigh bool
	// Pull is the resistor inside the chip; PullNoChange means the one that
	// fits an open contact: away from the closed level.
	Pull gpio.Pull
	// Settle is how long the contact must have been closed before a Release is
	// granted; default 100 ms.
	Settle time.Duration
}

// eStopLook is the longest time between two looks at the contact.
const eStopLook = 5 * time.Millisecond

var (
	errEStopOpen = errors.New("the contact is open: turn the emergency stop back, or mend its wire, and ask again")
	errEStopRun  = errors.New("nobody watches the contact yet: start its Run and ask again")
)

// EStop reads an emergency stop back and latches it.
type EStop struct {
	// OnTrip is called from Run each time that it latches. It must not block.
	// Set it before Run.
	OnTrip func()

	pin gpio.PinIn
	cfg EStopConfig

	mu      sync.Mutex
	watched bool
	latched bool
	closed  bool
	since   time.Time // when closed became true
}

// NewEStop returns a reader of the pin. Nothing happens to the pin before Run.
func NewEStop(pin gpio.PinIn, cfg EStopConfig) *EStop {
	if cfg.Settle <= 0 {
		cfg.Settle = 100 * time.Millisecond
	}
	if cfg.Pull == gpio.PullNoChange {
		cfg.Pull = gpio.PullUp
		if cfg.ClosedHigh {
			cfg.Pull = gpio.PullDown
		}
	}
	return &EStop{pin: pin, cfg: cfg, OnTrip: func() {}}
}

// Tripped is true from the first opening of the contact, however short, until a
// Release is granted. It never becomes false by itself once it has latched. It
// is true as well while Run is not at work: what nobody watches is not safe.
func (e *EStop) Tripped() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.latched || !e.watched
}

// Release ends the latch if the contact is closed now and has been for Settle.
// A refused Release is forgotten: closing the contact later releases nothing.
func (e *EStop) Release() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case !e.watched:
		return e.named(errEStopRun)
	case !e.isClosed() || !e.closed || time.Since(e.since) < e.cfg.Settle:
		return e.named(errEStopOpen)
	}
	e.latched = false
	return nil
}

// Run watches the contact until ctx ends, which is no error. Edges only shorten
// the wait, and catch an opening that is over before the next look.
func (e *EStop) Run(ctx context.Context) error {
	opening := gpio.RisingEdge
	if e.cfg.ClosedHigh {
		opening = gpio.FallingEdge
	}
	edges := e.pin.In(e.cfg.Pull, opening) == nil
	if !edges {
		if err := e.pin.In(e.cfg.Pull, gpio.NoEdge); err != nil {
			return e.named(err)
		}
	}
	defer e.unwatch()
	for woken := false; ctx.Err() == nil; {
		e.look(woken)
		begin := time.Now()
		if woken = edges && e.pin.WaitForEdge(eStopLook); woken {
			sleep(ctx, time.Millisecond) // a chattering line makes no busy loop
		} else {
			sleep(ctx, eStopLook-time.Since(begin))
		}
	}
	return nil
}

// look takes one look; opened is true when an edge has told of an opening.
func (e *EStop) look(opened bool) {
	e.mu.Lock()
	closed := e.isClosed() && !opened
	if closed && !e.closed {
		e.since = time.Now()
	}
	trip := !closed && !e.latched
	e.closed, e.watched, e.latched = closed, true, e.latched || !closed
	e.mu.Unlock()
	if trip {
		e.OnTrip()
	}
}

func (e *EStop) unwatch() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watched, e.closed = false, false
}

func (e *EStop) isClosed() bool { return bool(e.pin.Read()) == e.cfg.ClosedHigh }

// Halt interrupts a pending wait for an edge; the latch stays as it is. It is
// safe at any time.
func (e *EStop) Halt() error { return e.named(e.pin.Halt()) }

func (e *EStop) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("emergency stop on %s: %w", e.pin.Name(), err)
}
