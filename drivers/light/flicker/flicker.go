// Package flicker tells whether a camera sees the lights flicker, and which
// shutter and PWM frequency nearby are safe.
package flicker

import "fmt"

const (
	// Limit is the greatest ripple of exposure that counts as unseen, peak to
	// peak, as a part of the mean. The eye's threshold where it is keenest,
	// near 10 Hz, is a modulation of about 0.5 % (de Lange 1958, J. Opt. Soc.
	// Am. 48(11) p. 777), which is 1 % peak to peak.
	Limit = 0.01
	// EyeSafe is the lowest PWM frequency (Hz) for the people in the studio:
	// IEEE Std 1789-2015 calls a modulation of up to 0.08 % times the frequency
	// low risk above 90 Hz, and PWM modulates by 100 %.
	EyeSafe = 1250.0
	// NTSC is the frame rate that is called 29.97.
	NTSC = 30000.0 / 1001
	// mainsDrift is how far (Hz) the grid may stray from its frequency.
	mainsDrift = 0.2
)

// Setup is what is checked together. Times are in seconds, frequencies in
// hertz.
type Setup struct {
	PWM     float64 // of the lights; 0 = they are not switched
	Shutter float64 // exposure time of a row, at most 1/FPS
	FPS     float64 // frames per second, e.g. 25, 30 or NTSC
	Readout float64 // from the first row's start to the last's; 0 = global shutter
	// MinDuty is the lowest share of time, above 0 and below 1, that a lamp is
	// on in use; default 0.01, which is L* 9. The dimmer, the worse.
	MinDuty float64
	// Tolerance is the relative error of PWM frequency and shutter together:
	// 1e-4 for two crystals, some per cent for a PCA9685 that nobody measured.
	Tolerance float64
	// Mains are the grid's possible frequencies, see Prefecture; each is
	// checked, the worst counts.
	Mains []float64
	// MainsDepth is how far the light on the set swings at twice the mains, as
	// a part of its mean, 0..1: 0 without lamps on the mains, about 0.3 for
	// ceiling lights beside the studio's own, 1 for nothing but cheap ones.
	MainsDepth float64
}

// The codes of reasons.
const (
	PWMBanding   = "pwm_banding"
	PWMBeat      = "pwm_beat"
	PWMStrain    = "pwm_strains_eyes"
	MainsBanding = "mains_banding"
	MainsBeat    = "mains_beat"
)

// Reason is one thing that is wrong.
type Reason struct {
	Code    string
	Percent float64 // ripple, peak to peak of the mean
	Hertz   float64 // of the light: the PWM, or twice the mains
	Seen    float64 // Hz: how fast it seems to flicker; for banding, bands per picture
}

// Verdict is what Check finds.
type Verdict struct {
	Safe    bool
	Reasons []Reason // why not; empty when safe
	Banding float64  // percent, of all lights together, peak to peak of the mean
	Beat    float64  // percent, likewise
}

// Check judges a setup. PWM and mains add up in the worst case; a frequency
// below EyeSafe is refused for the people's sake. Its error names a figure
// that makes no sense.
func Check(s Setup) (Verdict, error) {
	s, err := s.checked()
	if err != nil {
		return Verdict{}, err
	}
	return s.judge(), nil
}

func (s Setup) judge() Verdict {
	pwm := s.pwm()
	mains, grid := s.mains()
	total := ripple{banding: pwm.banding + mains.banding, beat: pwm.beat + mains.beat}
	v := Verdict{Banding: 100 * total.banding, Beat: 100 * total.beat}
	// Who adds less than half of the limit is not to blame.
	blame := func(code string, part, whole, hertz, seen float64) {
		if whole > Limit && part > Limit/2 {
			v.Reasons = append(v.Reasons, Reason{Code: code, Percent: 100 * part, Hertz: hertz, Seen: seen})
		}
	}
	blame(PWMBanding, pwm.banding, total.banding, s.PWM, s.PWM*s.Readout)
	blame(PWMBeat, pwm.beat, total.beat, s.PWM, alias(s.PWM, s.FPS))
	blame(MainsBanding, mains.banding, total.banding, 2*grid, 2*grid*s.Readout)
	blame(MainsBeat, mains.beat, total.beat, 2*grid, alias(2*grid, s.FPS))
	if s.PWM > 0 && s.PWM < EyeSafe {
		v.Reasons = append(v.Reasons, Reason{Code: PWMStrain, Percent: 100, Hertz: s.PWM, Seen: s.PWM})
	}
	v.Safe = len(v.Reasons) == 0
	return v
}

func (s Setup) pwm() ripple {
	if s.PWM == 0 {
		return ripple{}
	}
	return pwmRipple(s.PWM, s.MinDuty, s.Shutter, s.Readout, s.Tolerance)
}

// mains returns the worst ripple of the possible grids, and which grid it is.
func (s Setup) mains() (worst ripple, grid float64) {
	for _, hertz := range s.Mains {
		r := mainsRipple(2*hertz, s.MainsDepth, s.Shutter, s.Readout, mainsDrift/hertz)
		if grid == 0 || r.beat > worst.beat {
			grid = hertz
		}
		worst = ripple{banding: max(worst.banding, r.banding), beat: max(worst.beat, r.beat)}
	}
	return worst, grid
}

// safe is judge's answer alone. Banding never exceeds the beat.
func (s Setup) safe() bool {
	if s.PWM > 0 && s.PWM < EyeSafe {
		return false
	}
	mains, _ := s.mains()
	return s.pwm().beat+mains.beat <= Limit
}

func (s Setup) checked() (Setup, error) {
	if s.MinDuty == 0 {
		s.MinDuty = 0.01
	}
	for _, c := range []struct {
		name           string
		value, low, up float64
		unit           string
	}{
		{"PWM frequency", s.PWM, 0, 1e7, "Hz"},
		{"frame rate", s.FPS, 1, 1000, "frames/s"},
		{"shutter", s.Shutter, 1e-6, 1 / s.FPS * (1 + 1e-9), "s"},
		{"readout", s.Readout, 0, 1 / s.FPS * (1 + 1e-9), "s"},
		{"lowest duty", s.MinDuty, 1e-6, 1, ""},
		{"tolerance", s.Tolerance, 0, 0.5, ""},
		{"mains depth", s.MainsDepth, 0, 1, ""},
	} {
		if !(c.value >= c.low && c.value <= c.up) {
			return s, fmt.Errorf("flicker: %s of %g %s: give %g to %g", c.name, c.value, c.unit, c.low, c.up)
		}
	}
	for _, hertz := range s.Mains {
		if hertz != 50 && hertz != 60 {
			return s, fmt.Errorf("flicker: mains of %g Hz: give 50 or 60", hertz)
		}
	}
	if s.MainsDepth > 0 && len(s.Mains) == 0 {
		return s, fmt.Errorf("flicker: lamps on the mains but no mains frequency: give the prefecture's")
	}
	return s, nil
}
