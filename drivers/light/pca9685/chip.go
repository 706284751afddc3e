// Package pca9685 dims sixteen lamps through NXP's PWM chip on I2C, and sees
// and repairs a chip that lost its power.
package pca9685

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"
)

// Registers and bits: PCA9685 data sheet rev. 4, 7.3.
const (
	regMode1    = 0x00
	regLED0     = 0x06 // four bytes per output: ON low, high, OFF low, high
	regPrescale = 0xFE

	mode1Restart = 0x80
	mode1AutoInc = 0x20
	mode1Sleep   = 0x10
	mode2Invert  = 0x10
	mode2Totem   = 0x04 // push-pull outputs

	ledFull = 0x10 // in ON high: always on; in OFF high: always off
)

const (
	// Outputs is how many outputs the chip has.
	Outputs = 16
	// Levels is how many outputs there are between off and full, both counted:
	// 4096 steps, of which the first is 0.22 L*.
	Levels = 4097

	oscillator = 25e6 // Hz, internal; the data sheet gives no tolerance
	steps      = 4096
	// Highest is the default PWM frequency in Hz, nominally.
	Highest = oscillator / steps / 4
	// wake is how long the oscillator takes to run after sleep (7.3.1.1).
	wake = 500 * time.Microsecond
)

// Config describes one chip.
type Config struct {
	Address uint16 // 7 bits; default 0x40
	// Frequency of the PWM, 24 to 1526 Hz; default the highest, which cameras
	// and eyes mind least. The chip has steps of its own, see Frequency.
	Frequency physic.Frequency
	// Invert: the lamp shines while the output is low (MODE2 INVRT).
	Invert bool
	// OpenDrain: outputs only pull down (MODE2 OUTDRV).
	OpenDrain bool
}

// Fault is something that went wrong and was repaired.
type Fault struct {
	Code string // "light_chip_restarted"
	Text string
}

// Chip is one PCA9685.
type Chip struct {
	// OnFault is called from Run when the chip was found reset, after its
	// repair. It must not block. Set it before Run.
	OnFault func(Fault)

	dev      i2c.Dev
	mode2    byte
	prescale byte

	held [Outputs]atomic.Bool // outside mu: Halt must not wait for the bus

	mu    sync.Mutex
	ready bool
	want  [Outputs]int // 0..4096 on-steps of 4096; -1 = never asked for
}

// New returns the chip at an address of the bus. Nothing is sent before the
// first Dim or Run: a chip that still shows its last look is left showing it.
func New(bus i2c.Bus, cfg Config) (*Chip, error) {
	if cfg.Address == 0 {
		cfg.Address = 0x40
	}
	if cfg.Address < 0x40 || cfg.Address > 0x7F || cfg.Address == 0x70 {
		return nil, fmt.Errorf("pca9685: address 0x%02x: its jumpers give 0x40 to 0x7f, without 0x70, which calls all chips", cfg.Address)
	}
	prescale := byte(3)
	if cfg.Frequency != 0 {
		hertz := float64(cfg.Frequency) / float64(physic.Hertz)
		if !(hertz >= 24 && hertz <= 1526) {
			return nil, fmt.Errorf("pca9685 at 0x%02x: PWM of %s: the chip makes 24 to 1526 Hz", cfg.Address, cfg.Frequency)
		}
		prescale = prescaleFor(hertz)
	}
	c := &Chip{
		OnFault:  func(Fault) {},
		dev:      i2c.Dev{Bus: bus, Addr: cfg.Address},
		prescale: prescale,
	}
	if !cfg.OpenDrain {
		c.mode2 |= mode2Totem
	}
	if cfg.Invert {
		c.mode2 |= mode2Invert
	}
	for i := range c.want {
		c.want[i] = -1
	}
	return c, nil
}

// prescaleFor is equation 1 of 7.3.5: round(25 MHz / (4096 * rate)) - 1.
func prescaleFor(hertz float64) byte {
	return byte(min(max(math.Round(oscillator/(steps*hertz))-1, 3), 255))
}

// Frequency returns the PWM frequency in Hz that the prescaler makes of the
// nominal oscillator. Where flicker matters, measure it: oscillators differ by
// some per cent.
func (c *Chip) Frequency() float64 { return oscillator / steps / (float64(c.prescale) + 1) }

// Output returns the output 0..15 as a channel.
func (c *Chip) Output(number int) (*Output, error) {
	if number < 0 || number >= Outputs {
		return nil, fmt.Errorf("pca9685 at 0x%02x: no output %d: it has 0 to 15", c.dev.Addr, number)
	}
	return &Output{chip: c, number: number}, nil
}

// Halt makes every output hold what it shows for good. Safe from any
// goroutine, any number of times.
func (c *Chip) Halt() error {
	for i := range c.held {
		c.held[i].Store(true)
	}
	return nil
}

// Output is one output of a chip.
type Output struct {
	chip   *Chip
	number int
}

// Dim sets the share of time that the output is on, 0..1. It sets the chip up
// where that has not been done. After Halt it does nothing.
func (o *Output) Dim(fraction float64) error {
	c := o.chip
	if !(fraction >= 0 && fraction <= 1) {
		return fmt.Errorf("pca9685 at 0x%02x: %g is no fraction, give 0 to 1", c.dev.Addr, fraction)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[o.number].Load() {
		return nil
	}
	on := int(math.Round(fraction * steps))
	same := c.want[o.number] == on
	c.want[o.number] = on
	switch {
	case !c.ready:
		intact, err := c.intact()
		if err != nil {
			return err
		}
		return c.establish(intact)
	case same:
		return nil
	}
	return c.show(o.number)
}

// Halt makes this output hold what it shows for good.
func (o *Output) Halt() error {
	o.chip.held[o.number].Store(true)
	return nil
}

// Levels returns how many different outputs there are.
func (o *Output) Levels() int { return Levels }
