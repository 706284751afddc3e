package light

import (
	"fmt"
	"math"
	"sync"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// PWMConfig describes one output that switches a lamp on and off quickly.
type PWMConfig struct {
	// Frequency of the switching; ask flicker for one that the camera does not
	// see. Default 20 kHz.
	Frequency physic.Frequency
	// Clock is what the PWM block counts; 0 = unknown. Clock/Frequency is the
	// number of steps that the lamp has.
	Clock physic.Frequency
	// ActiveLow: the lamp shines while the pin is Low.
	ActiveLow bool
}

// PWM is a channel on a pin that makes PWM in hardware.
type PWM struct {
	pin gpio.PinOut
	cfg PWMConfig

	mu     sync.Mutex
	halted bool
}

// NewPWM returns a channel on the pin. Nothing happens to the pin before Dim.
func NewPWM(pin gpio.PinOut, cfg PWMConfig) *PWM {
	if cfg.Frequency <= 0 {
		cfg.Frequency = 20 * physic.KiloHertz
	}
	return &PWM{pin: pin, cfg: cfg}
}

// Dim sets the share of time that the lamp is on, 0..1. After Halt it does
// nothing.
func (p *PWM) Dim(fraction float64) error {
	if !(fraction >= 0 && fraction <= 1) {
		return fmt.Errorf("light on %s: %g is no fraction, give 0 to 1", p.pin.Name(), fraction)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.halted {
		return nil
	}
	if p.cfg.ActiveLow {
		fraction = 1 - fraction
	}
	duty := gpio.Duty(math.Round(fraction * float64(gpio.DutyMax)))
	if err := p.pin.PWM(duty, p.cfg.Frequency); err != nil {
		return fmt.Errorf("light on %s at %s: %w", p.pin.Name(), p.cfg.Frequency, err)
	}
	return nil
}

// Halt leaves the lamp as it is for good. The pin is not halted: that would
// end its PWM, and the lamp would go dark.
func (p *PWM) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halted = true
	return nil
}

// Levels returns how many different outputs there are, 0 = unknown.
func (p *PWM) Levels() int {
	if p.cfg.Clock <= 0 {
		return 0
	}
	return int(p.cfg.Clock/p.cfg.Frequency) + 1
}
