package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.bug.st/serial"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
	"studiobox/drivers/lens"
	"studiobox/drivers/light"
	"studiobox/drivers/light/dmx"
	"studiobox/drivers/light/pca9685"
	"studiobox/drivers/turntable"
	"studiobox/drivers/turntable/tmc2209"
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
	f.parts.lamps, f.parts.spans = map[string]*light.Lamp{}, map[string]look.Span{}
	err := errors.Join(f.lamps(), f.table(), f.lens())
	return f.parts, err
}

// lens is moved by servos on PWM channels.
func (f *fitter) lens() error {
	for role, axis := range map[profile.Role]*lensAxis{profile.LensZoom: &f.parts.zoom, profile.LensFocus: &f.parts.focus} {
		if !f.fitted(role) {
			continue
		}
		out, err := f.wires.Out(role)
		if err != nil {
			return err
		}
		servo, err := lens.NewServo(lens.ServoConfig{Name: string(role), Pin: out, OffAfter: servoRests})
		if err != nil {
			return err
		}
		*axis = servo
		f.parts.others = append(f.parts.others, run.Part{Name: string(role), Run: servo.Run})
	}
	return nil
}

// servoRests is when a lens's servo falls silent after a motion.
const servoRests = 2 * time.Second

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
		return f.slot(wire.Channel)
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
		bus, address, err := f.buses.I2C(profile.BusPCA9685)
		if err == nil {
			f.chip, err = pca9685.New(bus, pca9685.Config{Address: address})
		}
		if err != nil {
			return nil, err
		}
		f.parts.others = append(f.parts.others, run.Part{Name: string(profile.BusPCA9685), Run: f.chip.Run})
	}
	return f.chip.Output(number)
}

func (f *fitter) slot(address int) (light.Channel, error) {
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
	return f.universe.Wide(address)
}

// table is the turntable, if one is wired.
func (f *fitter) table() error {
	drive, err := f.drive()
	if drive == nil || err != nil {
		return err
	}
	if !f.fitted(profile.TurntableEnable) {
		return errors.New("a turntable is wired without turntable.enable: nothing could take the power from its motor when the program dies; wire it to the motor driver's EN")
	}
	cfg := turntable.Config{Drive: drive, Enable: turntable.Output{Pin: f.parts.feeder.EnableLine(), ActiveHigh: true}}
	for role, input := range map[profile.Role]*turntable.Input{
		profile.TurntableHome: &cfg.Home, profile.TurntableDiag: &cfg.Stall, profile.EStop: &cfg.EStop,
	} {
		if err := f.input(role, input); err != nil {
			return err
		}
	}
	f.parts.table, err = turntable.New(cfg)
	return err
}

func (f *fitter) input(role profile.Role, input *turntable.Input) error {
	wire, fitted := f.profile.Wire(role)
	if !fitted {
		return nil
	}
	pin, err := f.wires.Pin(role)
	*input = turntable.Input{Pin: pin, ActiveLow: wire.ActiveLow, Pull: wire.Pull}
	return err
}

// drive is what makes the pulses; nil when no turntable is wired.
func (f *fitter) drive() (turntable.Drive, error) {
	gear := turntable.Gear(f.settings.Turntable.StepsPerTurn)
	switch kind := f.settings.Turntable.Drive; {
	case !f.fitted(profile.TurntableStep) && !f.fitted(profile.TurntablePWM) && !f.fitted(profile.TurntableUART):
		return nil, nil
	case kind == "tmc2209":
		return f.velocity(gear)
	case kind == "pwm":
		step, dir, err := f.pulses(profile.TurntablePWM)
		if err != nil {
			return nil, err
		}
		return turntable.NewPWM(turntable.PWMConfig{Step: step, Dir: dir, Gear: gear}), nil
	}
	step, dir, err := f.pulses(profile.TurntableStep)
	if err != nil {
		return nil, err
	}
	return turntable.NewStepDir(turntable.StepDirConfig{Step: step, Dir: dir, Gear: gear}), nil
}

// Currents of a small NEMA 17 motor on the usual 0.11 ohm resistors, in 32nds of
// full scale, and the load that counts as a stall.
const (
	motorRun, motorHold = 16, 6
	motorStall          = 40
)

func (f *fitter) velocity(gear turntable.Gear) (turntable.Drive, error) {
	if err := f.needs(profile.TurntableUART); err != nil {
		return nil, err
	}
	port, err := f.buses.Serial(profile.TurntableUART)
	if err != nil {
		return nil, err
	}
	cfg := turntable.VelocityConfig{
		Chip:  tmc2209.New(port, 0),
		Motor: tmc2209.Config{Run: motorRun, Hold: motorHold, Stall: motorStall},
		Gear:  gear,
	}
	if f.fitted(profile.TurntableIndex) {
		if cfg.Index, err = f.wires.Pin(profile.TurntableIndex); err != nil {
			return nil, err
		}
	}
	return turntable.NewVelocity(cfg), nil
}

// needs tells in one line that a wire is missing for the drive in the settings.
func (f *fitter) needs(role profile.Role) error {
	if f.fitted(role) {
		return nil
	}
	return fmt.Errorf("turntable.drive is %q, but %s is not wired: wire it in the board's profile, or choose another drive", f.settings.Turntable.Drive, role)
}

// pulses are the step and the direction line.
func (f *fitter) pulses(stepRole profile.Role) (step, dir gpio.PinOut, err error) {
	if err := errors.Join(f.needs(stepRole), f.needs(profile.TurntableDir)); err != nil {
		return nil, nil, err
	}
	if step, err = f.wires.Out(stepRole); err != nil {
		return nil, nil, err
	}
	dir, err = f.wires.Out(profile.TurntableDir)
	return step, dir, err
}
