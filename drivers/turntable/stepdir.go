package turntable

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/drivers/turntable/motion"
)

// StepDirConfig is the wiring of a driver with a STEP and a DIR input. A zero
// duration means the default named with it.
type StepDirConfig struct {
	Step, Dir gpio.PinOut
	Gear      Gear
	// Pulse is how long STEP stays high; default 3 µs, enough for an
	// optocoupler.
	Pulse time.Duration
	// Setup is how long DIR is stable before a step; default 20 µs.
	Setup time.Duration
	// MaxRate bounds the pulses of a thread that makes up for lost time, in
	// steps per second; default 20,000.
	MaxRate float64
}

// StepDir makes one pulse per step from a thread of its own.
type StepDir struct {
	cfg   StepDirConfig
	pause func(time.Duration)
	rush  func() bool // asks for real-time priority
	calm  func()      // gives it back

	mu     sync.Mutex
	halted bool
	stats  Stats
	late   histogram
}

// NewStepDir returns a drive that has touched no pin yet.
func NewStepDir(cfg StepDirConfig) *StepDir {
	if cfg.Pulse <= 0 {
		cfg.Pulse = 3 * time.Microsecond
	}
	if cfg.Setup <= 0 {
		cfg.Setup = 20 * time.Microsecond
	}
	if cfg.MaxRate <= 0 {
		cfg.MaxRate = 20_000
	}
	return &StepDir{cfg: cfg, pause: nanosleep, rush: becomeRealtime, calm: becomeOrdinary, stats: Stats{Load: -1}}
}

// Run implements Drive. It has a thread to itself, which then goes back without
// its priority: a thread that ended with its goroutine would, on arm64, take a
// program without cgo that loads libraries along.
func (d *StepDir) Run(ctx context.Context, wish Wish) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	thread := beside{end: end}
	var err error
	thread.run(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer d.calm()
		realtime := d.rush()
		d.mu.Lock()
		d.stats.Realtime, d.stats.Ordinary = realtime, !realtime
		d.mu.Unlock()
		err = d.follow(ctx, wish)
	})
	thread.wait()
	return err
}

const (
	// due is how many steps the wish must be away before a step is made. More
	// than half, so that a wish on the edge makes no step to and fro.
	due = 0.6
	// look bounds the time between two looks at the wish: a new plan begins
	// with so little speed that nothing is lost within it.
	look     = time.Millisecond
	restLook = 2 * time.Millisecond
)

func (d *StepDir) follow(ctx context.Context, wish Wish) error {
	if err := errors.Join(d.cfg.Step.Out(gpio.Low), d.cfg.Dir.Out(gpio.Low)); err != nil {
		return d.broken(err)
	}
	motor := stepper{drive: d}
	motor.begin(wish(time.Now()))
	for ctx.Err() == nil && !d.isHalted() {
		p := wish(time.Now())
		lag := d.cfg.Gear.steps(p.Angle) - float64(motor.position)
		if math.Abs(lag) > math.Abs(d.cfg.Gear.steps(lost)) {
			return Fault{Code: Behind, Err: fmt.Errorf("%.0f steps are due at once: the computer is too busy for step pulses", lag)}
		}
		if math.Abs(lag) < due {
			d.pause(d.untilNext(p, lag))
			continue
		}
		going, err := motor.step(p, lag)
		if err != nil {
			return d.broken(err)
		}
		if !going {
			return nil
		}
	}
	return nil
}

func (d *StepDir) isHalted() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.halted
}

// untilNext is when to look again: at the next step, as far as the present
// speed tells.
func (d *StepDir) untilNext(p motion.Point, lag float64) time.Duration {
	if !p.Moving() {
		return restLook
	}
	speed := d.cfg.Gear.steps(p.Speed)
	left := due - math.Copysign(lag, lag*speed)
	if wait := left / math.Abs(speed); wait < look.Seconds() {
		return max(time.Duration(wait*float64(time.Second)), time.Microsecond)
	}
	return look
}

// Stats implements Drive.
func (d *StepDir) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stats
	s.Late = d.late.lateness()
	return s
}

// Halt implements Drive.
func (d *StepDir) Halt() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halted = true
	if err := d.cfg.Step.Out(gpio.Low); err != nil {
		return d.broken(err)
	}
	return nil
}

func (d *StepDir) broken(err error) error {
	return Fault{Code: PinFailed, Err: fmt.Errorf("turntable step or dir on %s, %s: %w", d.cfg.Step.Name(), d.cfg.Dir.Name(), err)}
}
