package app

import (
	"errors"
	"fmt"
	"math"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
	"studiobox/drivers/turntable"
	"studiobox/drivers/turntable/motion"
	"studiobox/drivers/turntable/tmc2209"
)

// table is the turntable, if one is wired.
func (f *fitter) table() error {
	drive, err := f.drive()
	if drive == nil || err != nil {
		return err
	}
	if !f.fitted(profile.TurntableEnable) {
		return errors.New("a turntable is wired without turntable.enable: nothing could take the power from its motor when the program dies; wire it to the motor driver's EN")
	}
	sight := f.sight()
	f.parts.sight = &sight
	cfg := turntable.Config{Drive: drive, Limits: f.limits(), Enable: turntable.Output{Pin: f.parts.feeder.EnableLine(), ActiveHigh: true}}
	for role, input := range map[profile.Role]*turntable.Input{
		profile.TurntableHome: &cfg.Home, profile.TurntableDiag: &cfg.Stall, profile.EStop: &cfg.EStop,
	} {
		if err := f.input(role, input); err != nil {
			return err
		}
	}
	if cfg.Stall.Pin != nil && !math.IsInf(sight.from, 1) {
		cfg.StallAbove = sight.from
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
	micro := float64(f.settings.Turntable.Microsteps)
	switch kind := f.settings.Turntable.Drive; {
	case !f.fitted(profile.TurntableStep) && !f.fitted(profile.TurntablePWM) && !f.fitted(profile.TurntableUART):
		return nil, nil
	case kind == "tmc2209":
		return f.velocity()
	case kind == "pwm":
		step, dir, err := f.pulses(profile.TurntablePWM)
		if err != nil {
			return nil, err
		}
		return turntable.NewPWM(turntable.PWMConfig{Step: step, Dir: dir, Gear: f.gear(micro)}), nil
	}
	step, dir, err := f.pulses(profile.TurntableStep)
	if err == nil {
		err = f.keepsPace(micro, fastestPulses, "step pulses")
	}
	if err != nil {
		return nil, err
	}
	return turntable.NewStepDir(turntable.StepDirConfig{Step: step, Dir: dir, Gear: f.gear(micro)}), nil
}

// The most that a drive keeps up with, per second: pulses that a thread makes, and
// microsteps of a tmc2209. Its place is read 50 times a second, modulo 1024; its
// clock may be off by 5 %, and half of 1024 must not be lost in between.
const (
	fastestPulses = 20_000
	fastestMicro  = 400_000
)

// gear is the steps for one turn of the table, of so many to a full step.
func (f *fitter) gear(perFullStep float64) turntable.Gear {
	t := f.settings.Turntable
	return turntable.Gear(float64(t.MotorSteps) * t.Gear * perFullStep)
}

// keepsPace refuses a speed for which the drive would need more than it makes.
func (f *fitter) keepsPace(perFullStep, most float64, what string) error {
	speed := f.settings.Turntable.Speed
	if need := math.Abs(float64(f.gear(perFullStep))) * speed / 360; need > most {
		return fmt.Errorf("turntable.speed of %g degrees/s takes %.0f %s a second, and turntable.drive %q makes %.0f at most: lower the speed to %.3g, or use fewer microsteps or less gear",
			speed, need, what, f.settings.Turntable.Drive, most, speed*most/need)
	}
	return nil
}

// limits are the gentle ones at the speed that the settings allow.
func (f *fitter) limits() motion.Limits {
	limits := motion.Gentle()
	limits.Speed = f.settings.Turntable.Speed
	return limits
}

// velocity is a tmc2209 on a serial line, which is opened when the table runs.
func (f *fitter) velocity() (turntable.Drive, error) {
	err := errors.Join(f.needs(profile.TurntableUART), f.keepsPace(tmc2209.Microsteps, fastestMicro, "microsteps"))
	if err != nil {
		return nil, err
	}
	t := f.settings.Turntable
	cfg := turntable.VelocityConfig{
		Open:    func() (turntable.Port, error) { return f.buses.Serial(profile.TurntableUART) },
		Address: byte(t.Address),
		Motor: tmc2209.Config{
			Run: t.Run, Hold: t.Hold, Stall: t.Stall, StallAbove: tmc2209.UsefulAbove(t.MotorSteps),
		},
		Gear: f.gear(tmc2209.Microsteps),
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
