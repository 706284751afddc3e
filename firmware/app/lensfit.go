package app

import (
	"context"
	"fmt"
	"time"

	"studiobox/board/profile"
	"studiobox/drivers/lens"
	"studiobox/firmware/config"
	"studiobox/firmware/run"
)

const (
	// servoRests is when a lens's servo falls silent after a motion.
	servoRests = 2 * time.Second
	// fastestLens is the most steps per second of a lens's stepper.
	fastestLens = 2000
)

// boardAxis is a ring that the board moves.
type boardAxis interface {
	lensAxis
	Run(ctx context.Context) error
}

// lens is moved by a servo on a PWM channel, or by a stepper on pins; each ring by
// its own.
func (f *fitter) lens() error {
	for _, ring := range []struct {
		role     profile.Role
		place    *lensAxis
		settings config.LensAxis
	}{
		{profile.LensZoom, &f.parts.zoom, f.settings.Lens.Zoom()},
		{profile.LensFocus, &f.parts.focus, f.settings.Lens.Focus()},
	} {
		var axis boardAxis
		var err error
		switch {
		case f.fitted(ring.role):
			axis, err = f.servo(ring.role, ring.settings)
		case f.fitted(ring.role + ".step"):
			axis, err = f.lensStepper(ring.role, ring.settings)
		default:
			continue
		}
		if err != nil {
			return err
		}
		*ring.place = axis
		f.parts.others = append(f.parts.others, run.Part{Name: string(ring.role), Run: axis.Run})
	}
	return nil
}

func (f *fitter) servo(role profile.Role, s config.LensAxis) (boardAxis, error) {
	out, err := f.wires.Out(role)
	if err != nil {
		return nil, err
	}
	low, high := time.Duration(s.LowUs)*time.Microsecond, time.Duration(s.HighUs)*time.Microsecond
	if s.Reverse {
		low, high = high, low
	}
	return lens.NewServo(lens.ServoConfig{
		Name: string(role), Pin: out, Low: low, High: high, Speed: s.Speed, OffAfter: servoRests,
	})
}

func (f *fitter) lensStepper(role profile.Role, s config.LensAxis) (boardAxis, error) {
	rate := s.Speed * float64(s.Travel)
	switch {
	case s.Travel == 0:
		return nil, fmt.Errorf("%s.step is wired, but %s_travel is not set: write how many steps the ring has from stop to stop", role, role)
	case rate > fastestLens:
		return nil, fmt.Errorf("%s_speed is %g of %d steps a second, and a lens's stepper makes %d at most: lower it to %.2g", role, s.Speed, s.Travel, fastestLens, fastestLens/float64(s.Travel))
	}
	cfg := lens.StepperConfig{Name: string(role), Reverse: s.Reverse, Travel: s.Travel, Rate: rate}
	var err error
	if cfg.Step, err = f.wires.Out(role + ".step"); err != nil {
		return nil, err
	}
	if cfg.Dir, err = f.wires.Out(role + ".dir"); err != nil {
		return nil, err
	}
	if wire, fitted := f.profile.Wire(role + ".enable"); fitted {
		cfg.EnableHigh = !wire.ActiveLow
		if cfg.Enable, err = f.wires.Out(role + ".enable"); err != nil {
			return nil, err
		}
	}
	return lens.NewStepper(cfg)
}
