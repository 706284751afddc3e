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
	// Open opens the port anew, for each Run: an adapter that was unplugged is
	// another one when it is back.
	Open func() (Port, error)
	// Address is that of the chip on the line, 0 to 3.
	Address byte
	// Motor's StallAbove defaults to the speed above which the load of a motor of
	// 200 steps says something. Slower than that, this drive sees no stall.
	Motor tmc2209.Config
	// Gear counts microsteps of 1/256.
	Gear Gear
	// Index is the chip's INDEX output; nil = not wired. It proves that the chip
	// makes its steps, not that the motor follows them.
	Index gpio.PinIn
	// Tick is the time between two looks; default 20 ms.
	Tick time.Duration
}

// Port is a serial line that somebody opened at 115,200 Bd, 8N1.
type Port interface {
	tmc2209.Port
	Close() error
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
	chip   *tmc2209.Chip // nil while no port is open

	mu    sync.Mutex // held for moments only
	stats Stats
	edges int64 // of INDEX
}

// NewVelocity returns a drive that has said nothing to the chip yet.
func NewVelocity(cfg VelocityConfig) *Velocity {
	if cfg.Motor.StallAbove <= 0 {
		cfg.Motor.StallAbove = tmc2209.UsefulAbove(200)
	}
	if cfg.Tick <= 0 {
		cfg.Tick = 20 * time.Millisecond
	}
	return &Velocity{cfg: cfg, stats: Stats{Load: -1}}
}

// Run implements Drive.
func (d *Velocity) Run(ctx context.Context, wish Wish) error {
	port, err := d.cfg.Open()
	if err != nil {
		return Fault{Code: DriveLost, Err: err}
	}
	chip := tmc2209.New(port, d.cfg.Address)
	d.use(chip)
	err = d.run(ctx, chip, wish)
	d.use(nil)
	_ = port.Close() // what could fail has failed before
	return err
}

// use makes it the chip that Halt talks to.
func (d *Velocity) use(chip *tmc2209.Chip) {
	d.talk.Lock()
	defer d.talk.Unlock()
	d.chip = chip
}

// run is one life of the port.
func (d *Velocity) run(ctx context.Context, chip *tmc2209.Chip, wish Wish) error {
	ctx, cancel := context.WithCancel(ctx)
	listening := beside{end: cancel}
	defer listening.wait()
	defer cancel()
	if d.cfg.Index != nil {
		if err := d.cfg.Index.In(gpio.PullNoChange, gpio.RisingEdge); err != nil {
			return Fault{Code: PinFailed, Err: fmt.Errorf("turntable index on %s: %w", d.cfg.Index.Name(), err)}
		}
		listening.run(func() { d.countEdges(ctx) })
	}
	if err := chip.Setup(d.cfg.Motor); err != nil {
		return Fault{Code: DriveLost, Err: err}
	}
	f := follower{drive: d, chip: chip}
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
	if d.chip == nil {
		return nil // no port, no word
	}
	if err := d.chip.SetVelocity(microstepsPerS); err != nil {
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
