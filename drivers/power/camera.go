// Package power switches the camera's supply through a relay, and decides when a
// camera that hangs is worth a power cycle.
package power

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Config is the wiring of the relay. It must take the power away while its coil
// is fed (the supply runs over the normally closed contact): a computer that is
// off, starts or has died then leaves the camera powered.
type Config struct {
	Pin gpio.PinOut
	// ActiveLow: the power is taken away while the pin is Low.
	ActiveLow bool
	// OffFor is how long a cycle keeps the power away; default 5 s, which empties
	// the capacitors of a camera and of its supply.
	OffFor time.Duration
}

// The reasons for which a cycle is refused or ends early.
var (
	ErrCycling = errors.New("a power cycle is under way: wait for its end")
	ErrHalted  = errors.New("the program is ending: start it again")
)

// Camera is the supply of one camera.
type Camera struct {
	cfg Config

	mu      sync.Mutex
	cycling bool
	halted  bool
	halt    chan struct{} // closed by Halt
}

// New returns the supply of a camera that is taken to be on. Nothing happens to
// the pin before the first call.
func New(cfg Config) *Camera {
	if cfg.OffFor <= 0 {
		cfg.OffFor = 5 * time.Second
	}
	return &Camera{cfg: cfg, halt: make(chan struct{})}
}

// Cycle takes the power away for OffFor and gives it back. When ctx ends or Halt
// is called meanwhile, the power is back at once and that is the error. It is
// refused with ErrCycling or ErrHalted.
func (c *Camera) Cycle(ctx context.Context) error {
	if err := c.begin(); err != nil {
		return err
	}
	timer := time.NewTimer(c.cfg.OffFor)
	defer timer.Stop()
	var early error
	select {
	case <-timer.C:
	case <-ctx.Done():
		early = ctx.Err()
	case <-c.halt:
		early = ErrHalted
	}
	return errors.Join(c.end(), c.named(early))
}

func (c *Camera) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.halted:
		return c.named(ErrHalted)
	case c.cycling:
		return c.named(ErrCycling)
	}
	if err := c.set(false); err != nil {
		return errors.Join(err, c.set(true))
	}
	c.cycling = true
	return nil
}

func (c *Camera) end() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cycling = false
	if c.halted { // Halt has given the power back
		return nil
	}
	return c.set(true)
}

// Halt ends the switching for good and leaves the camera powered as it is. A
// camera without power is no safer than one with it, nothing turns or burns, and
// it needs half a minute to film again: a cycle that is half way gives the power
// back at once.
// Safe from any goroutine, any number of times.
func (c *Camera) Halt() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.halted {
		return nil
	}
	c.halted = true
	close(c.halt)
	if c.cycling {
		return c.set(true) // here and not only in Cycle: the program may not live on for it
	}
	return nil
}

func (c *Camera) set(power bool) error {
	return c.named(c.cfg.Pin.Out(gpio.Level(power == c.cfg.ActiveLow)))
}

func (c *Camera) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("camera power on %s: %w", c.cfg.Pin.Name(), err)
}
