package turntable

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// PWMConfig is the wiring of a driver whose STEP input hangs on a hardware PWM.
type PWMConfig struct {
	Step, Dir gpio.PinOut
	Gear      Gear
	// Tick is the time between two changes of the frequency; default 5 ms.
	Tick time.Duration
	// Floor is the lowest frequency that the PWM can make; default 5 Hz. The
	// last steps to a place are made with it.
	Floor physic.Frequency
}

// PWM lets the hardware make the pulses: the step line is a square wave whose
// frequency follows the plan. Nobody counts the pulses, so the position is the
// integral of the frequency asked for; it may be off by a step at each start,
// stop and change of direction, and the home mark tells when that adds up.
//
// The hardware goes on at its last frequency when the program hangs. What ends
// the motion then is the enable line, not this drive.
type PWM struct {
	cfg PWMConfig

	mu       sync.Mutex
	halted   bool
	position float64 // steps
	rate     float64 // steps/s asked for, signed
	dir      gpio.Level
	last     time.Time
	asked    float64 // steps
	done     float64 // steps
	wished   float64 // steps, at last
}

// NewPWM returns a drive that has touched no pin yet.
func NewPWM(cfg PWMConfig) *PWM {
	if cfg.Tick <= 0 {
		cfg.Tick = 5 * time.Millisecond
	}
	if cfg.Floor <= 0 {
		cfg.Floor = 5 * physic.Hertz
	}
	return &PWM{cfg: cfg}
}

// Run implements Drive.
func (d *PWM) Run(ctx context.Context, wish Wish) error {
	now := time.Now()
	if err := d.begin(now, d.cfg.Gear.steps(wish(now).Angle)); err != nil {
		return err
	}
	for {
		sleep(ctx, d.cfg.Tick)
		if ctx.Err() != nil {
			return d.set(0)
		}
		now := time.Now()
		p := wish(now)
		going, err := d.tick(now, d.cfg.Gear.steps(p.Angle), d.cfg.Gear.steps(p.Speed))
		if !going || err != nil {
			return err
		}
	}
}

func (d *PWM) begin(now time.Time, place float64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.position, d.wished, d.last = place, place, now
	if err := d.write(0); err != nil {
		return err
	}
	d.dir = gpio.Low
	return d.broken(d.cfg.Dir.Out(d.dir))
}

// pull is how fast a gap between plan and position is closed, per second.
const pull = 10

// tick books what the last frequency has done and sets the next one. It is
// false after a Halt.
func (d *PWM) tick(now time.Time, place, speed float64) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halted {
		return false, nil
	}
	moved := d.rate * now.Sub(d.last).Seconds()
	d.position += moved
	d.asked += math.Abs(place - d.wished)
	d.done += math.Abs(moved)
	d.last, d.wished = now, place
	gap := place - d.position
	if math.Abs(gap) > math.Abs(d.cfg.Gear.steps(lost)) {
		f := Fault{Code: Behind, Err: fmt.Errorf("plan and step line are %.0f steps apart: the computer is too busy", gap)}
		return false, errors.Join(f, d.write(0))
	}
	rate := speed + gap*pull
	if math.Abs(rate) < float64(d.cfg.Floor)/float64(physic.Hertz) || (speed == 0 && math.Abs(gap) < 1) {
		rate = 0
	}
	return true, d.write(rate)
}

// set changes the frequency from outside of a tick.
func (d *PWM) set(rate float64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.write(rate)
}

// write asks the hardware for a signed rate in steps per second; d.mu is held.
// The line rests for one tick before the direction changes.
func (d *PWM) write(rate float64) error {
	forward := gpio.Level(rate > 0)
	if rate != 0 && d.dir != forward {
		if d.rate != 0 {
			rate = 0
		} else if err := d.cfg.Dir.Out(forward); err != nil {
			return d.broken(err)
		} else {
			d.dir = forward
		}
	}
	duty, f := gpio.DutyHalf, physic.Frequency(math.Round(math.Abs(rate)*float64(physic.Hertz)))
	if rate == 0 {
		duty, f = 0, d.cfg.Floor
	}
	if err := d.cfg.Step.PWM(duty, f); err != nil {
		return d.broken(err)
	}
	d.rate = rate
	return nil
}

// Stats implements Drive.
func (d *PWM) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Stats{Asked: int64(d.asked), Done: int64(d.done), Load: -1}
}

// Halt implements Drive.
func (d *PWM) Halt() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halted = true
	return d.write(0)
}

func (d *PWM) broken(err error) error {
	if err == nil {
		return nil
	}
	return Fault{Code: PinFailed, Err: fmt.Errorf("turntable step or dir on %s, %s: %w", d.cfg.Step.Name(), d.cfg.Dir.Name(), err)}
}
