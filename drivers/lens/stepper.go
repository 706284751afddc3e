package lens

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// StepperConfig is the wiring of one motor with a STEP and a DIR input. A zero
// value means the default named with it.
type StepperConfig struct {
	Name      string // "zoom" or "focus", for errors
	Step, Dir gpio.PinOut
	// Enable gives the motor its current, which holds the ring; nil = always on.
	// It must be active against the pull of the board, like the turntable's.
	Enable     gpio.PinOut
	EnableHigh bool // the motor has current while Enable is High
	// Reverse: DIR is Low for the way towards 1.
	Reverse bool
	// Travel is the way from stop to stop in steps, 100 or more.
	Travel int
	// Margin is how far from its stops the ring stays in steps, less than a
	// quarter of Travel; default a fiftieth of Travel.
	Margin int
	// Rate is the greatest speed in steps/s, at most 2000; default 400.
	Rate float64
	// HomeRate is the speed at which the stop is met, in steps/s; default a
	// quarter of Rate. The motor must be weak enough for the ring's stop.
	HomeRate float64
	// Accel is the greatest acceleration in steps/s²; default four times Rate.
	Accel float64
}

const (
	pulseTime = 10 * time.Microsecond // STEP stays high; drivers ask for 0.1 to 2 µs
	dirSetup  = 20 * time.Microsecond // DIR is stable before a step
	// overrun is how much further than its travel a ring is driven to its stop.
	overrun = 1.1
)

// Stepper is an axis moved by a stepper motor. Before its first motion it finds
// its place by driving against the stop at 0.
type Stepper struct {
	cfg StepperConfig

	mu      sync.Mutex
	wish    wish
	plan    ramp
	homed   bool
	homing  bool
	powered bool
	dir     int // the direction that DIR shows; 0 = unknown
}

// NewStepper returns a motor that stands still. Nothing happens to its pins
// before To and Run.
func NewStepper(cfg StepperConfig) (*Stepper, error) {
	if cfg.Margin == 0 {
		cfg.Margin = cfg.Travel / 50
	}
	if cfg.Rate == 0 {
		cfg.Rate = 400
	}
	if cfg.HomeRate == 0 {
		cfg.HomeRate = cfg.Rate / 4
	}
	if cfg.Accel == 0 {
		cfg.Accel = 4 * cfg.Rate
	}
	switch {
	case cfg.Travel < 100 || cfg.Margin < 0 || cfg.Margin >= cfg.Travel/4:
		return nil, fmt.Errorf("lens %s: a travel of %d steps with margins of %d: give 100 or more, and less than a quarter", cfg.Name, cfg.Travel, cfg.Margin)
	case !(cfg.Rate > 0 && cfg.Rate <= 2000 && cfg.HomeRate > 0 && cfg.HomeRate <= cfg.Rate && cfg.Accel > 0):
		return nil, fmt.Errorf("lens %s: %g steps/s, %g to the stop, %g steps/s²: give up to 2000, no more to the stop, all above 0", cfg.Name, cfg.Rate, cfg.HomeRate, cfg.Accel)
	}
	return &Stepper{cfg: cfg, wish: newWish(cfg.Name), plan: ramp{accel: cfg.Accel}}, nil
}

// To implements Axis.
func (s *Stepper) To(fraction float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wish.to(fraction)
}

// Renew implements Axis.
func (s *Stepper) Renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wish.renew()
}

// Run moves the motor until ctx ends; then it stands at once and keeps its
// current. It returns early when a pin fails.
func (s *Stepper) Run(ctx context.Context) error {
	defer s.stand()
	for ctx.Err() == nil {
		step, wait := s.next()
		if step == 0 && wait == 0 {
			select {
			case <-ctx.Done():
			case <-s.wish.changed:
			}
			continue
		}
		if step != 0 {
			if err := s.move(step); err != nil {
				s.forget()
				return fmt.Errorf("lens %s, stepper on %s: %w", s.cfg.Name, s.cfg.Step.Name(), err)
			}
		}
		pause(ctx, wait)
	}
	return nil
}

// next is the ramp's next step, to the stop first if the place is unknown.
func (s *Stepper) next() (step int, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wish.halted || !s.wish.asked {
		return 0, 0
	}
	if s.wish.lapsed() && !s.lapse() {
		return 0, 0
	}
	if !s.homed && !s.homing {
		s.homing = true
		s.plan.position, s.plan.square = int(math.Ceil(float64(s.cfg.Travel)*overrun)), 0
	}
	if s.homing {
		if step, wait = s.plan.next(0, s.cfg.HomeRate); step != 0 || wait != 0 {
			return step, wait
		}
		s.homing, s.homed = false, true
	}
	return s.plan.next(s.cfg.Margin+int(math.Round(s.wish.place*s.span())), s.cfg.Rate)
}

// span is the way from 0 to 1 in steps.
func (s *Stepper) span() float64 { return float64(s.cfg.Travel - 2*s.cfg.Margin) }

// lapse makes the place where the motor is the wished one: the ramp slows it down
// from there. On its way to its stop, or before, it has no place: it stands at once,
// and lapse is false.
func (s *Stepper) lapse() bool {
	if !s.homed {
		s.homing, s.wish.asked, s.plan.square = false, false, 0
		return false
	}
	place := float64(s.plan.position-s.cfg.Margin) / s.span()
	s.wish.place = min(max(place, 0), 1)
	return true
}

// move makes one step. The lock is not held while a line settles, so that a Halt
// need not wait.
func (s *Stepper) move(step int) error {
	if s.dir != step {
		if err := s.write(s.cfg.Dir, (step > 0) != s.cfg.Reverse); err != nil {
			return err
		}
		s.dir = step
		time.Sleep(dirSetup)
	}
	if !s.powered && s.cfg.Enable != nil {
		if err := s.write(s.cfg.Enable, s.cfg.EnableHigh); err != nil {
			return err
		}
	}
	s.powered = true
	err := s.write(s.cfg.Step, true)
	time.Sleep(pulseTime)
	return errors.Join(err, s.cfg.Step.Out(gpio.Low))
}

// write sets a level unless the motor was halted.
func (s *Stepper) write(pin gpio.PinOut, high bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wish.halted {
		return nil
	}
	return pin.Out(gpio.Level(high))
}

// stand books the end of a Run. A motor that is stopped in full run may slip, so
// its place is sought anew.
func (s *Stepper) stand() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.homing || s.plan.square > 2*s.cfg.Accel {
		s.homed, s.homing = false, false
	}
	s.plan.square = 0
}

// forget makes the next motion begin at the stop.
func (s *Stepper) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.homed, s.homing = false, false
}

// Halt implements Axis: no step begins after it, and the motor keeps its current,
// which holds the ring.
func (s *Stepper) Halt() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wish.halted = true
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
