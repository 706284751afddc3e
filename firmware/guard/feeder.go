package guard

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/pin"
)

// ErrLapsed says that the daemon itself stood still for so long that the guard
// has taken the power from the motor. Where the table stands is not known any
// more.
var ErrLapsed = errors.New("the daemon stood still; the motor's power was cut")

// Feeder is the daemon's side: it feeds the guard, and is the motor's enable
// line to the driver. It may be used from any goroutine.
type Feeder struct {
	// Now is the monotonic clock; nil = time.Now.
	Now func() time.Time

	mu      sync.Mutex
	guard   io.Writer
	powered bool
	fed     time.Time // zero = never
}

// NewFeeder talks to the guard at the other end of a pipe.
func NewFeeder(guard io.Writer) *Feeder { return &Feeder{guard: guard} }

// Feed is to be called every Every, from the goroutine whose hanging must stop
// the motor. After a silence it returns ErrLapsed, and the motor stays without
// power until it is asked for again.
func (f *Feeder) Feed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	late := !f.fed.IsZero() && now.Sub(f.fed) >= Patience
	f.fed = now
	if late {
		f.powered = false
	}
	if err := f.say(); err != nil {
		return err
	}
	if late {
		return ErrLapsed
	}
	return nil
}

// EnableLine is the line to the motor's driver as its driver sees it: High powers
// it, whatever the wire does.
func (f *Feeder) EnableLine() gpio.PinOut { return (*enable)(f) }

func (f *Feeder) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}

// say is called under mu.
func (f *Feeder) say() error {
	word := rest
	if f.powered {
		word = move
	}
	_, err := f.guard.Write([]byte{word})
	if err == nil || word == rest {
		return nil // a guard that is gone holds no line: the motor is without power
	}
	f.powered = false
	return fmt.Errorf("the guard is gone, nothing may move: %w", err)
}

// enable is a Feeder as a pin.
type enable Feeder

// Out passes the level on at once.
func (e *enable) Out(l gpio.Level) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.powered = bool(l)
	return (*Feeder)(e).say()
}

// PWM is not what an enable line is for.
func (e *enable) PWM(gpio.Duty, physic.Frequency) error {
	return errors.New("the motor's enable line has no PWM")
}

// Halt takes the power away.
func (e *enable) Halt() error      { return e.Out(gpio.Low) }
func (e *enable) String() string   { return e.Name() }
func (e *enable) Name() string     { return "turntable.enable" }
func (e *enable) Number() int      { return -1 }
func (e *enable) Function() string { return string(e.Func()) }
func (e *enable) Func() pin.Func   { return gpio.OUT }
