package app

import (
	"context"
	"errors"

	"go.bug.st/serial"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
	"studiobox/drivers/light"
	"studiobox/drivers/light/dmx"
	"studiobox/drivers/light/pca9685"
	"studiobox/firmware/config"
	"studiobox/firmware/guard"
	"studiobox/firmware/look"
	"studiobox/firmware/run"
)

// wires and buses are what an opened board hands out.
type (
	wires interface {
		Pin(profile.Role) (gpio.PinIO, error)
		Out(profile.Role) (gpio.PinOut, error)
	}
	buses interface {
		I2C(profile.Role) (i2c.Bus, uint16, error)
		Serial(profile.Role) (serial.Port, error)
	}
)

// fitter makes drivers of what a profile has wired.
type fitter struct {
	wires    wires
	buses    buses
	profile  profile.Profile
	settings *config.Config
	parts    studioParts
	chip     *pca9685.Chip // made when the first channel asks
	universe *dmx.Universe
}

// fitStudio makes the drivers of everything around the ring. Nothing moves and
// no light changes before they run.
func fitStudio(w wires, b buses, feeder *guard.Feeder, p profile.Profile, settings *config.Config) (studioParts, error) {
	f := &fitter{wires: w, buses: b, profile: p, settings: settings}
	f.parts.feeder = feeder
	f.parts.dimmed = dimmers(p, settings.Light)
	f.parts.lamps, f.parts.spans = map[string]*light.Lamp{}, map[string]look.Span{}
	err := errors.Join(f.lamps(), f.table(), f.lens())
	return f.parts, err
}

// channels are the roles of the channels of each lamp: one, or warm and cool.
var channels = map[string]struct{ one, warm, cool profile.Role }{
	"key":   {profile.LightKey, profile.LightKeyWarm, profile.LightKeyCool},
	"fill":  {profile.LightFill, profile.LightFillWarm, profile.LightFillCool},
	"rim":   {one: profile.LightRim},
	"under": {one: profile.LightUnder},
}

func (f *fitter) lamps() error {
	memory := newLampMemory(f.settings.Box.DataDir)
	held := memory.held()
	for name, roles := range channels {
		emitters, err := f.emitters(roles.one, roles.warm, roles.cool)
		if err != nil {
			return err
		}
		if len(emitters) == 0 {
			continue
		}
		if len(emitters) == 2 {
			f.parts.spans[name] = look.Span{Warm: f.settings.Light.WarmKelvin, Cool: f.settings.Light.CoolKelvin}
		}
		cfg := light.Config{Name: "light." + name, Emitters: emitters, Begin: held[name]}
		lamp, err := light.New(cfg)
		if err != nil { // what is held may be none of this lamp's looks any more
			cfg.Begin = light.Look{}
			lamp, err = light.New(cfg)
		}
		if err != nil {
			return err
		}
		f.parts.lamps[name] = lamp
	}
	if len(f.parts.lamps) > 0 {
		f.parts.others = append(f.parts.others, run.Part{Name: "lamps' memory", Run: func(ctx context.Context) error {
			return memory.keep(ctx, f.parts.lamps)
		}})
	}
	return nil
}

// emitters are none, one, or a warm and a cool one: Parse refuses half a pair.
func (f *fitter) emitters(one, warm, cool profile.Role) ([]light.Emitter, error) {
	var emitters []light.Emitter
	for _, end := range []struct {
		role   profile.Role
		kelvin float64
	}{{one, 0}, {warm, f.settings.Light.WarmKelvin}, {cool, f.settings.Light.CoolKelvin}} {
		if !f.fitted(end.role) {
			continue
		}
		channel, err := f.channel(end.role)
		if err != nil {
			return nil, err
		}
		emitters = append(emitters, light.Emitter{Channel: channel, Kelvin: end.kelvin})
	}
	return emitters, nil
}

func (f *fitter) fitted(role profile.Role) bool {
	_, fitted := f.profile.Wire(role)
	return fitted
}

// channel is the dimmer at the end of a wire.
func (f *fitter) channel(role profile.Role) (light.Channel, error) {
	wire, _ := f.profile.Wire(role)
	switch wire.Kind {
	case profile.PCA9685:
		return f.chipOutput(wire.Channel)
	case profile.DMX:
		return f.slot(wire)
	}
	out, err := f.wires.Out(role)
	if err != nil {
		return nil, err
	}
	hertz := physic.Frequency(f.settings.Light.PWMHz) * physic.Hertz
	return light.NewPWM(out, light.PWMConfig{Frequency: hertz}), nil
}

func (f *fitter) chipOutput(number int) (light.Channel, error) {
	if f.chip == nil {
		wire, _ := f.profile.Wire(profile.BusPCA9685)
		bus := &lateBus{role: profile.BusPCA9685, open: f.buses.I2C}
		chip, err := pca9685.New(bus, pca9685.Config{Address: wire.Addr})
		if err != nil {
			return nil, err
		}
		f.chip = chip
		f.parts.others = append(f.parts.others, run.Part{Name: string(profile.BusPCA9685), Run: f.chip.Run})
	}
	return f.chip.Output(number)
}

func (f *fitter) slot(wire profile.Wire) (light.Channel, error) {
	if f.universe == nil {
		universe, err := dmx.New(dmx.Config{
			Name: string(profile.BusDMX),
			Open: func() (dmx.Port, error) { return f.buses.Serial(profile.BusDMX) },
		})
		if err != nil {
			return nil, err
		}
		f.universe = universe
		f.parts.others = append(f.parts.others, run.Part{Name: string(profile.BusDMX), Run: universe.Run})
	}
	if wire.Wide {
		return f.universe.Wide(wire.Channel)
	}
	return f.universe.Channel(wire.Channel)
}
