package app

import (
	"errors"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board"
	"studiobox/board/profile"
	"studiobox/board/sim"
	"studiobox/drivers/button"
	"studiobox/drivers/indicator"
	"studiobox/firmware/config"
	"studiobox/firmware/guard"
)

// hardware is the parts of one box, whichever board they hang on.
type hardware struct {
	buttonPin gpio.PinIn
	button    button.Config
	lamps     indicator.Config
	studio    studioParts
	extras    extras
	estop     bool // an emergency stop is wired
	// twin is the simulated studio; nil on a real board.
	twin *sim.Studio
	halt func() error
}

// simulatedHardware hangs the drivers on a studio made of memory.
func simulatedHardware(twin *sim.Studio) (hardware, error) {
	var missing error
	pin := func(role string) *sim.Pin {
		p, err := twin.Pin(role)
		missing = errors.Join(missing, err)
		return p
	}
	hw := hardware{
		buttonPin: pin(sim.GoLive),
		button:    button.Config{ActiveLow: true},
		lamps: indicator.Config{
			Air:   indicator.Light{Pin: pin(sim.LampAir)},
			Red:   indicator.Light{Pin: pin(sim.LampRed)},
			Green: indicator.Light{Pin: pin(sim.LampGreen)},
			Blue:  indicator.Light{Pin: pin(sim.LampBlue)},
		},
		twin: twin,
		halt: func() error { return nil },
	}
	var err error
	hw.studio, err = simulatedStudio(twin)
	return hw, errors.Join(missing, err)
}

// boardHardware opens the pins of a real board by their roles, but those that
// the guard's process holds.
func boardHardware(settings *config.Config) (hardware, error) {
	p, err := profile.Load(settings.Box.Board)
	if err != nil {
		return hardware{}, err
	}
	own, _ := split(p)
	b, err := board.Open(p, own...)
	if err != nil {
		return hardware{}, err
	}
	hw, err := wired(b, p, settings)
	if err != nil {
		return hardware{}, errors.Join(err, b.Close())
	}
	return hw, nil
}

// wired hangs the drivers on an opened board.
func wired(b *board.Board, p profile.Profile, settings *config.Config) (hardware, error) {
	golive, _ := p.Wire(profile.ButtonGoLive) // Parse refuses a profile without it
	pin, err := b.Pin(profile.ButtonGoLive)
	if err != nil {
		return hardware{}, err
	}
	child := newGuardProcess(settings.Box.Board)
	feeder := guard.NewFeeder(child)
	feeder.OnMute, child.back = child.kill, feeder
	studio, err := fitStudio(b, b, feeder, p, settings)
	if err != nil {
		return hardware{}, err
	}
	studio.guard = child.Run
	if studio.buttons, err = lookLines(b, p, settings.Studio); err != nil {
		return hardware{}, err
	}
	extras, err := fitExtras(b, b, p)
	if err != nil {
		return hardware{}, err
	}
	_, estop := p.Wire(profile.EStop)
	return hardware{
		buttonPin: pin,
		extras:    extras,
		estop:     estop,
		button:    button.Config{ActiveLow: golive.ActiveLow, NormallyClosed: golive.NormallyClosed, Pull: golive.Pull},
		lamps:     lampsOn(b, p, feeder),
		studio:    studio,
		halt:      b.Halt,
	}, nil
}

// lampsOn are the lights that say how the show stands. Those that say "on air"
// shine through the guard, which puts them out when this program hangs.
func lampsOn(b *board.Board, p profile.Profile, feeder *guard.Feeder) indicator.Config {
	cfg := indicator.Config{
		Air:   indicator.Light{Pin: feeder.AirLine()},
		Green: lampOn(b, p, profile.LampGreen), Blue: lampOn(b, p, profile.LampBlue),
	}
	if _, fitted := p.Wire(profile.LampRed); fitted {
		cfg.Red = indicator.Light{Pin: feeder.RedLine()}
	}
	return cfg
}

// lampOn is the zero Light for a role that the profile does not fit.
func lampOn(b *board.Board, p profile.Profile, role profile.Role) indicator.Light {
	wire, fitted := p.Wire(role)
	if !fitted {
		return indicator.Light{}
	}
	pin, err := b.Pin(role)
	if err != nil {
		return indicator.Light{}
	}
	return indicator.Light{Pin: pin, ActiveLow: wire.ActiveLow}
}
