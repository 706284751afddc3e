package app

import (
	"fmt"
	"slices"
	"time"

	"studiobox/board/profile"
	"studiobox/drivers/light/flicker"
	"studiobox/drivers/light/pca9685"
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

// How far the frequencies of dimmers stray, beside that of the camera's shutter.
const (
	crystal = 1e-4
	// uncrystalled is that of a PCA9685's own oscillator, whose data sheet gives
	// 25 MHz as typical and no limits.
	uncrystalled = 0.03
)

// The settings that the box's own dimmers go by, for people.
const (
	pwmSetting = "light.pwm_hz"
	dmxSetting = "light.dmx_hz"
)

// dimmers tell how the lamps of a board are switched, as far as that is known.
func dimmers(p profile.Profile, settings config.Light) (lamps []flicker.Source) {
	for _, roles := range channels {
		for _, role := range []profile.Role{roles.one, roles.warm, roles.cool} {
			wire, _ := p.Wire(role)
			source := flicker.Source{}
			switch wire.Kind {
			case profile.PWM:
				source = flicker.Source{Name: pwmSetting, Hertz: float64(settings.PWMHz), Tolerance: crystal}
			case profile.PCA9685:
				source = flicker.Source{Name: "PCA9685", Hertz: pca9685.Highest, Tolerance: uncrystalled}
			case profile.DMX:
				source = flicker.Source{Name: dmxSetting, Hertz: float64(settings.DMXHz), Tolerance: uncrystalled}
			}
			if source.Hertz > 0 && !slices.Contains(lamps, source) {
				lamps = append(lamps, source)
			}
		}
	}
	return lamps
}

// sceneOf is the set as its camera sees it, lit by the lamps and by the mains.
func sceneOf(settings *config.Config, lamps []flicker.Source) (flicker.Scene, error) {
	scene := flicker.Scene{
		Sources: lamps, FPS: usualFPS, Readout: usualReadout, Mains: []float64{50, 60}, MainsDepth: ceiling,
	}
	if address, err := boxcam.Parse(settings.Camera.URL); err == nil && address.FPS > 0 {
		scene.FPS = float64(address.FPS)
	}
	if settings.Studio.Prefecture > 0 {
		prefecture, err := flicker.LookUp(settings.Studio.Prefecture)
		if err != nil {
			return scene, err
		}
		scene.Mains = prefecture.Mains
	}
	if hertz := settings.Studio.MainsHz; hertz > 0 {
		scene.Mains = []float64{float64(hertz)}
	}
	return scene, nil
}

// checkShutter refuses a look whose shutter makes the lamps flicker on the
// camera, with the nearest one that does not. It knows nothing of shutters that
// a camera chooses itself.
func checkShutter(name string, l look.Look, scene flicker.Scene) error {
	if l.Shutter == 0 {
		return nil
	}
	shutter := time.Duration(l.Shutter).Seconds()
	worst, ok, err := scene.Check(shutter)
	if ok || err != nil {
		return err
	}
	light := "the room's light"
	if worst.Source != "" {
		light = "the lamps' light"
	}
	text := fmt.Sprintf("look %q: at 1/%.0f s %s of %.0f Hz flickers on the camera (%s, %.1f %%)",
		name, 1/shutter, light, worst.Hertz, worst.Code, worst.Percent)
	if n, ok := scene.Nearest(shutter); ok {
		return fmt.Errorf("%s; write shutter = \"1/%d\"", text, n)
	}
	return fmt.Errorf("%s; no shutter is safe with it: %s", text, otherMend(scene, shutter, worst))
}

// otherMend is what helps where no shutter does.
func otherMend(scene flicker.Scene, shutter float64, worst flicker.Blame) string {
	switch {
	case len(scene.Mains) > 1:
		return "say which mains the room has, studio.prefecture, or studio.mains_hz where a prefecture has both"
	case worst.Source == "":
		return "darken the room"
	case worst.Source != pwmSetting:
		return fmt.Sprintf("dim those lamps (%s) by a pwm channel of the board instead", worst.Source)
	}
	if hertz, ok := scene.NearestPWM(worst.Source, shutter); ok {
		return fmt.Sprintf("write %s = %d", pwmSetting, hertz)
	}
	return "darken the room"
}

// calmShutter is the longest usual one at which the lamps do not flicker; 0 = none
// is known, as where the mains can be of 50 or of 60 Hz.
func calmShutter(scene flicker.Scene) time.Duration {
	n, ok := scene.Calm()
	if !ok {
		return 0
	}
	return time.Second / time.Duration(n)
}

// usualShutter is for a lock on a grey card where none is calm: it must not be left
// to the camera.
func usualShutter(scene flicker.Scene) time.Duration {
	const usual = time.Second / 50
	return min(usual, time.Duration(float64(time.Second)/scene.FPS))
}
