package boxcam

import (
	"fmt"
	"time"

	"studiobox/encoder/gst"
)

// Bounds of Settings, wider than any one camera's: what the camera at hand does
// not take is told while it runs.
const (
	leastShutter        = 10 * time.Microsecond
	leastGain, mostGain = 1, 64
	coldest, warmest    = 10000, 2000 // in kelvin
	mostExposure        = 4
)

// Settings is how the camera looks at its scene. A value that is not 0 is set
// and stays locked; 0 leaves it to the camera.
type Settings struct {
	// Shutter is the exposure time: 10 µs to the time between two pictures.
	Shutter time.Duration
	// Gain is a factor, 1 (none) to 64. A V4L2 device, whose gain has no unit,
	// takes it evenly in stops over its own scale.
	Gain float64
	// WhiteBalance is the colour temperature of what counts as white, in
	// kelvin, 2000 to 10000.
	WhiteBalance int
	// Exposure corrects an automatic exposure, in stops, -4 to 4.
	Exposure float64
	// Lock holds what is automatic as it has become three seconds after it was
	// set, or after the camera started; setting it again measures again.
	Lock bool
}

// Check refuses what no camera can do at so many pictures per second; fps 0 is
// not known. The error is one line with the mend.
func (s Settings) Check(fps int) error {
	longest := time.Second
	if fps > 0 {
		longest /= time.Duration(fps)
	}
	switch {
	case s.Shutter != 0 && (s.Shutter < leastShutter || s.Shutter > longest):
		return fmt.Errorf("shutter %v: choose %v to %v (the time between two pictures), or 0 for automatic",
			s.Shutter, leastShutter, longest.Truncate(time.Microsecond))
	case s.Gain != 0 && !(s.Gain >= leastGain && s.Gain <= mostGain): // not a number is refused too
		return fmt.Errorf("gain %v: choose %d to %d, or 0 for automatic", s.Gain, leastGain, mostGain)
	case s.WhiteBalance != 0 && (s.WhiteBalance < warmest || s.WhiteBalance > coldest):
		return fmt.Errorf("white balance %d K: choose %d to %d, or 0 for automatic", s.WhiteBalance, warmest, coldest)
	case !(s.Exposure >= -mostExposure && s.Exposure <= mostExposure):
		return fmt.Errorf("exposure %v stops: choose -%d to %d", s.Exposure, mostExposure, mostExposure)
	case s.Exposure != 0 && s.Shutter != 0 && s.Gain != 0:
		return fmt.Errorf("exposure %v stops corrects nothing while shutter and gain are fixed: set one of the three to 0", s.Exposure)
	}
	return nil
}

func (s Settings) tuning() gst.Tuning {
	return gst.Tuning{Shutter: s.Shutter, Gain: s.Gain, Kelvin: s.WhiteBalance, EV: s.Exposure, Hold: s.Lock}
}
