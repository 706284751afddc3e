package turntable

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/drivers/turntable/tmc2209"
)

// VelocityConfig describes a TMC2209 that moves by velocity over its UART.
type VelocityConfig struct {
	Chip  *tmc2209.Chip
	Motor tmc2209.Config
	// Gear counts microsteps of 1/256.
	Gear Gear
	// Index is the chip's INDEX output; nil = not wired.
	Index gpio.PinIn
	// StallAbove is the speed in microsteps per second above which StallGuard
	// tells something; default 10,000 (12 turns a minute of a 200-step motor).
	StallAbove float64
	// Tick is the time between two looks; default 20 ms.
	Tick time.Duration
}

// Velocity lets the chip make its own steps: it is told a speed and read back.
// Its clock is off by a few per cent, so the position is read from its
// microstep counter and the speed corrected by it.
//
// The chip goes on at its last speed when the line is cut or the program
// hangs. What ends the motion then is the enable line, not this drive.
type Velocity struct {
	cfg VelocityConfig

	talk   sync.Mutex // one speed at a time; a talk may last
	halted bool

	mu    sync.Mutex // held for moments only
	stats Stats
	edges int64 // of INDEX
}

// NewVelocity returns a drive that has said nothing to the chip yet.
func NewVelocity(cfg VelocityConfig) *Velocity {
	if cfg.StallAbove <= 0 {
		cfg.StallAbove = 10_000
	}
	if cfg.Tick <= 0 {
		cfg.Tick = 20 * time.Millisecond
	}
	return &Velocity{cfg: cfg, stats: Stats{Load: -1}}
}

// Run implements Drive.
func (d *Velocity) Run(ctx context.Context, wish Wish) error {
	ctx, cancel := context.WithCancel(ctx)
	var listening sync.WaitGroup
	defer listening.Wait()
	defer cancel()
	if d.cfg.Index != nil {
		if err := d.cfg.Index.In(gpio.PullNoChange, gpio.RisingEdge); err != nil {
			return Fault{Code: PinFailed, Err: fmt.Errorf("turntable index on %s: %w", d.cfg.Index.Name(), err)}
		}
		listening.Go(func() { d.countEdges(ctx) })
	}
	if err := d.cfg.Chip.Setup(d.cfg.Motor); err != nil {
		return Fault{Code: DriveLost, Err: err}
	}
	f := follower{drive: d}
	if err := f.begin(wish); err != nil {
		return err
	}
	for !d.isHalted() {
		sleep(ctx, d.cfg.Tick)
		if ctx.Err() != nil {
			return d.command(0)
		}
		if err := f.tick(time.Now(), wish); err != nil {
			return d.giveUp(err)
		}
	}
	return nil
}

// giveUp tells the motor to stop, unless the chip does not answer: asking
// again would only keep the enable line waiting.
func (d *Velocity) giveUp(err error) error {
	if fault(DriveLost, err).Code == DriveLost {
		return err
	}
	return errors.Join(err, d.command(0))
}

// countEdges counts INDEX: one edge per turn of the microstep table.
func (d *Velocity) countEdges(ctx context.Context) {
	const patience = 50 * time.Millisecond
	for ctx.Err() == nil {
		begin := time.Now()
		if !d.cfg.Index.WaitForEdge(patience) {
			sleep(ctx, patience-time.Since(begin))
			continue
		}
		d.mu.Lock()
		d.edges++
		d.stats.Done = d.edges * tmc2209.Cycle
		d.mu.Unlock()
	}
}

// command sets the speed, unless the drive was halted.
func (d *Velocity) command(microstepsPerS float64) error {
	d.talk.Lock()
	defer d.talk.Unlock()
	if d.halted {
		return nil
	}
	return d.set(microstepsPerS)
}

func (d *Velocity) set(microstepsPerS float64) error {
	if err := d.cfg.Chip.SetVelocity(microstepsPerS); err != nil {
		return Fault{Code: DriveLost, Err: err}
	}
	return nil
}

func (d *Velocity) isHalted() bool {
	d.talk.Lock()
	defer d.talk.Unlock()
	return d.halted
}

// report books steps and what the chip says.
func (d *Velocity) report(asked, done float64, load int, warm bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Asked += int64(math.Round(asked))
	if d.cfg.Index == nil {
		d.stats.Done += int64(math.Round(done))
	}
	d.stats.Load, d.stats.Warm = load, warm
}

func (d *Velocity) indexEdges() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.edges
}

// Stats implements Drive. With INDEX wired, Done counts its edges.
func (d *Velocity) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Halt implements Drive. It talks to the chip, for half a second at most where
// that does not answer: cut the enable line first.
func (d *Velocity) Halt() error {
	d.talk.Lock()
	defer d.talk.Unlock()
	d.halted = true
	return d.set(0)
}
