package guard

import (
	"errors"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/pin"
)

// EnableLine is the line to the motor's driver, AirLine that of the lamp and
// RedLine that of the status light, as those that drive them see them: High is
// active, whatever the wire does. Only the enable line tells of a guard that is
// gone.
func (f *Feeder) EnableLine() gpio.PinOut { return &guarded{f, power, "turntable.enable"} }

// AirLine is the lamp's.
func (f *Feeder) AirLine() gpio.PinOut { return &guarded{f, air, "lamp.air"} }

// RedLine is the status light's.
func (f *Feeder) RedLine() gpio.PinOut { return &guarded{f, red, "lamp.red"} }

// guarded is a line that the guard drives.
type guarded struct {
	feeder *Feeder
	line   byte
	name   string
}

// Out passes the level on at once; power for the motor is there when it returns.
func (g *guarded) Out(l gpio.Level) error {
	if g.line == power && bool(l) {
		return g.feeder.empower()
	}
	return g.feeder.set(g.line, bool(l))
}

// PWM is not what a guarded line is for.
func (g *guarded) PWM(gpio.Duty, physic.Frequency) error {
	return errors.New(g.name + " has no PWM: its guard only switches it")
}

// Halt puts the line to rest.
func (g *guarded) Halt() error      { return g.Out(gpio.Low) }
func (g *guarded) String() string   { return g.name }
func (g *guarded) Name() string     { return g.name }
func (g *guarded) Number() int      { return -1 }
func (g *guarded) Function() string { return string(g.Func()) }
func (g *guarded) Func() pin.Func   { return gpio.OUT }
