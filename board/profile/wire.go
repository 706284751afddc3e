package profile

import (
	"fmt"

	"periph.io/x/conn/v3/gpio"
)

// Wire is one role and where it is wired. Which fields count depends on Kind.
type Wire struct {
	Use
	Kind Kind
	Pin  string // the kernel's name of the line (Pin)
	// Position on the header; 0 = the board has no known header.
	Position int
	// Pull of an input; Float = the circuit has its own resistor.
	Pull gpio.Pull
	// Resistor outside the board on an output; PullNoChange = none is known.
	Resistor gpio.Pull
	// ActiveLow: pressed, or lit, is Low.
	ActiveLow bool
	// NormallyClosed: pressing opens the contact.
	NormallyClosed bool

	Chip    string // pwmchipN, or the label of the unit, such as fe20c000.pwm (PWM)
	Channel int    // from 0 (PWM, PCA9685: at most 15), or 1 to 512 (DMX)
	Wide    bool   // the fixture takes 16 bits: Channel and the next one (DMX)
	Bus     int    // N of /dev/i2c-N (I2C)
	Addr    uint16 // 0x03 to 0x77 (I2C)
	Device  string // path of the port (Serial)
	// Lines of the header that a wire other than a pin occupies.
	Lines []string
}

// Endpoint is where the wire ends, as the profile writes it.
func (w Wire) Endpoint() string {
	switch w.Kind {
	case PWM:
		return fmt.Sprintf("%s/%d", w.Chip, w.Channel)
	case PCA9685:
		return fmt.Sprintf("pca9685/%d", w.Channel)
	case DMX:
		if w.Wide {
			return fmt.Sprintf("dmx/%d+%d", w.Channel, w.Channel+1)
		}
		return fmt.Sprintf("dmx/%d", w.Channel)
	case I2C:
		return fmt.Sprintf("i2c-%d/0x%02x", w.Bus, w.Addr)
	case Serial:
		return w.Device
	default:
		return w.Pin
	}
}

// OnBus is the role of the bus that a channel belongs to; "" = none.
func (w Wire) OnBus() Role {
	switch w.Kind {
	case PCA9685:
		return BusPCA9685
	case DMX:
		return BusDMX
	}
	return ""
}

// Header returns the lines of the header that the wire occupies.
func (w Wire) Header() []string {
	if w.Kind == Pin {
		return []string{w.Pin}
	}
	return w.Lines
}

// SafePull is the pull under which an output pin rests when no program drives
// it: against its active level. PullNoChange = the wire needs none.
func (w Wire) SafePull() gpio.Pull {
	switch {
	case !w.Output || w.Kind != Pin || w.Safe == "":
		return gpio.PullNoChange
	case w.ActiveLow:
		return gpio.PullUp
	default:
		return gpio.PullDown
	}
}
