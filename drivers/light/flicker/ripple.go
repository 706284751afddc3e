package flicker

import "math"

// ripple is how much the exposure of a row varies, peak to peak and as a part
// of its mean.
type ripple struct {
	banding float64 // between the rows of one frame
	beat    float64 // of one row, from frame to frame
}

// pwmRipple is the ripple of a square wave of frequency f (Hz) and duty d,
// exposed for t seconds, rows starting over readout seconds; f*t is known to
// the relative tolerance.
//
// A row gathers whole periods, which all give the same, and a rest of phi
// periods, phi the fractional part of f*t. Moved through all phases, that rest
// catches between max(0, phi+d-1) and min(d, phi) periods of light. The
// difference is min(d, 1-d, phi, 1-phi), and the mean exposure d*f*t:
//
//	beat = min(d, 1-d, phi, 1-phi) / (d * f*t)
//
// Clocks of light and camera run free of each other, so all phases come by in
// time. Within one frame the start of a row moves by f*readout periods, and
// the exposure by at most as much, for the light is either on or off:
//
//	banding = min(d, 1-d, phi, 1-phi, f*readout) / (d * f*t)
//
// Both fall with d, so the lowest duty is the worst.
func pwmRipple(f, d, t, readout, tolerance float64) ripple {
	least := f * t * (1 - tolerance)
	rest := min(d, 1-d, offWhole(f*t, tolerance))
	return ripple{
		banding: min(rest, f*(1+tolerance)*readout) / (d * least),
		beat:    rest / (d * least),
	}
}

// mainsRipple is the ripple of light that swings by depth (0..1 of its mean)
// like a sine of frequency f (Hz), twice that of the mains. The exposure's
// average of a sine over f*t periods is the sine times sinc(f*t):
//
//	beat = 2 * depth * |sin(pi*f*t)| / (pi*f*t)
//
// In one frame its phase moves by f*readout periods; from half a period on
// both crests can be in the picture.
func mainsRipple(f, depth, t, readout, tolerance float64) ripple {
	least := f * t * (1 - tolerance)
	// |sin(pi*x)| depends on how far x is from whole alone, and rises with it.
	sine := math.Sin(math.Pi * offWhole(f*t, tolerance))
	beat := 2 * depth * sine / (math.Pi * least)
	window := min(f*(1+tolerance)*readout, 0.5)
	return ripple{banding: beat * math.Sin(math.Pi*window), beat: beat}
}

// offWhole returns how far x, known to a relative tolerance, may be from the
// nearest whole number: 0 to 1/2.
func offWhole(x, tolerance float64) float64 {
	return min(math.Abs(x-math.Round(x))+x*tolerance, 0.5)
}

// alias returns the frequency (Hz) at which light of frequency f seems to
// flicker in frames at fps.
func alias(f, fps float64) float64 {
	return math.Abs(f - math.Round(f/fps)*fps)
}
