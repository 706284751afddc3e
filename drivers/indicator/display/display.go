// Package display shows state, rate and address on a small SSD1306 panel.
package display

import (
	"context"
	"fmt"
	"image"
	"sync"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/devices/v3/ssd1306"
	"periph.io/x/devices/v3/ssd1306/image1bit"
)

// frame is the shortest time between two frames. Five a second are enough for
// figures, leave the bus to others, and cannot flash more than three times.
const frame = 200 * time.Millisecond

// Config describes one panel of 128 by 64 pixels.
type Config struct {
	Address uint16 // 7 bits, 0x3c or 0x3d by its jumper; default 0x3c
	// Rotated: the panel hangs upside down.
	Rotated bool
}

// Display is one panel.
type Display struct {
	bus i2c.Bus
	cfg Config

	changed chan struct{}

	mu     sync.Mutex
	screen Screen                 // that was asked for last
	wrong  error                  // what its address is
	want   *image1bit.VerticalLSB // nil = nothing was asked for yet
	halted bool

	wire sync.Mutex   // held while something is sent
	dev  *ssd1306.Dev // nil = the panel must be set up first
}

// New returns the panel at an address of the bus. Nothing is sent before Run.
func New(bus i2c.Bus, cfg Config) (*Display, error) {
	if cfg.Address == 0 {
		cfg.Address = 0x3C
	}
	if cfg.Address != 0x3C && cfg.Address != 0x3D {
		return nil, fmt.Errorf("display at 0x%02x on %s: its jumper gives 0x3c or 0x3d", cfg.Address, bus)
	}
	return &Display{bus: bus, cfg: cfg, changed: make(chan struct{}, 1)}, nil
}

// Show chooses what is shown and never blocks; only the newest screen counts.
// An address that is too long for a code is an error, and the rest is shown.
func (d *Display) Show(s Screen) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Elapsed = s.Elapsed.Truncate(time.Second)
	if d.want != nil && s == d.screen {
		return d.wrong // callers repeat themselves many times a second
	}
	d.screen = s
	d.want, d.wrong = draw(s)
	select {
	case d.changed <- struct{}{}:
	default:
	}
	return d.wrong
}

// Run shows the chosen screens until ctx ends, then puts the panel out. It
// returns early when the panel does not answer; another Run sets it up again and
// draws all of it.
func (d *Display) Run(ctx context.Context) error {
	timer := time.NewTimer(frame)
	defer timer.Stop()
	for {
		if err := d.show(); err != nil {
			return err
		}
		timer.Reset(frame)
		select {
		case <-ctx.Done():
			return d.out(false)
		case <-timer.C:
		}
		select {
		case <-ctx.Done():
			return d.out(false)
		case <-d.changed:
		}
	}
}

// show sends what has changed.
func (d *Display) show() error {
	d.wire.Lock()
	defer d.wire.Unlock()
	d.mu.Lock()
	img, halted := d.want, d.halted
	d.mu.Unlock()
	if halted {
		return nil
	}
	if d.dev == nil {
		opts := ssd1306.DefaultOpts
		opts.MirrorVertical, opts.MirrorHorizontal = d.cfg.Rotated, d.cfg.Rotated
		dev, err := ssd1306.NewI2C(readdressed{d.bus, d.cfg.Address}, &opts)
		if err != nil {
			return d.lost(err)
		}
		d.dev = dev
	}
	if img == nil { // the panel's memory holds noise after power-on
		img = image1bit.NewVerticalLSB(image.Rect(0, 0, width, height))
	}
	return d.lost(d.dev.Draw(d.dev.Bounds(), img, image.Point{}))
}

// Halt puts the panel out for good; a frame that is being sent ends first. Safe
// from any goroutine, any number of times.
func (d *Display) Halt() error { return d.out(true) }

func (d *Display) out(forGood bool) error {
	d.mu.Lock()
	d.halted = d.halted || forGood
	d.mu.Unlock()
	d.wire.Lock()
	defer d.wire.Unlock()
	if d.dev == nil {
		return nil
	}
	dev := d.dev
	d.dev = nil // a later Run begins anew
	return d.lost(dev.Halt())
}

// lost names the panel in an error. The driver takes for shown what it could not
// send, so after an error it is not asked again: all is set up and drawn anew.
func (d *Display) lost(err error) error {
	if err == nil {
		return nil
	}
	d.dev = nil
	return fmt.Errorf("display at 0x%02x on %s: %w: check its cable, and its address with i2cdetect", d.cfg.Address, d.bus, err)
}

// readdressed is a bus for a driver that knows only the address 0x3c.
type readdressed struct {
	i2c.Bus
	address uint16
}

func (r readdressed) Tx(_ uint16, w, in []byte) error { return r.Bus.Tx(r.address, w, in) }
