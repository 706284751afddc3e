package app

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"studiobox/drivers/light/flicker"
	"studiobox/encoder/boxcam"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
)

// How a camera and a room are judged when nobody measured them.
const (
	usualFPS     = 30.0
	usualReadout = 0.02 // s, of a rolling shutter
	ceiling      = 0.3  // share of the light that is the room's own, on the mains
)

// checkShutter refuses a look whose shutter makes the lamps flicker on the
// camera, with the nearest one that does not. It knows nothing of shutters that
// a camera chooses itself.
func checkShutter(name string, l look.Look, settings *config.Config) error {
	if l.Shutter == 0 {
		return nil
	}
	setup, err := flickerSetup(time.Duration(l.Shutter), settings)
	if err != nil {
		return err
	}
	verdict, err := flicker.Check(setup)
	if err != nil || verdict.Safe {
		return err
	}
	reason := slices.MaxFunc(verdict.Reasons, func(a, b flicker.Reason) int { return cmp.Compare(a.Percent, b.Percent) })
	text := fmt.Sprintf("look %q: at 1/%.0f s the light of %.0f Hz flickers on the camera (%s, %.1f %%)",
		name, 1/setup.Shutter, reason.Hertz, reason.Code, reason.Percent)
	near, ok, err := flicker.Nearest(setup, flicker.Limits{ShutterMin: 1.0 / 1000, ShutterMax: 1 / setup.FPS})
	if err != nil || !ok {
		return fmt.Errorf("%s; no shutter is safe with it: change light.pwm_hz, or darken the room", text)
	}
	return fmt.Errorf("%s; write shutter = \"1/%.0f\"", text, math.Round(1/near.Shutter))
}

// calmShutter is one for a look that sets none: the longest usual one at which the
// lamps do not flicker.
func calmShutter(settings *config.Config) time.Duration {
	const usual = time.Second / 50
	for _, shutter := range []time.Duration{usual, time.Second / 60, time.Second / 100, time.Second / 120} {
		setup, err := flickerSetup(shutter, settings)
		if err != nil {
			return usual
		}
		if verdict, err := flicker.Check(setup); err == nil && verdict.Safe {
			return shutter
		}
	}
	return usual
}

func flickerSetup(shutter time.Duration, settings *config.Config) (flicker.Setup, error) {
	setup := flicker.Setup{
		PWM: float64(settings.Light.PWMHz), Shutter: shutter.Seconds(), FPS: usualFPS, Readout: usualReadout,
		Mains: []float64{50, 60}, MainsDepth: ceiling, Tolerance: 1e-4,
	}
	if address, err := boxcam.Parse(settings.Camera.URL); err == nil && address.FPS > 0 {
		setup.FPS = float64(address.FPS)
	}
	if settings.Studio.Prefecture > 0 {
		prefecture, err := flicker.LookUp(settings.Studio.Prefecture)
		if err != nil {
			return setup, err
		}
		setup.Mains = prefecture.Mains
	}
	return setup, nil
}
