package light

import "math"

// The constants of CIE 1976 lightness in their exact form (CIE 15:2018, 8.2.1).
const (
	kappa = 24389.0 / 27 // slope of the straight part near black
	knee  = 8.0          // lightness where the cube root takes over
)

// Luminance returns the relative luminance 0..1 that looks as light as level,
// a CIE 1976 L* of 0..100. Levels outside are taken for the nearest inside.
func Luminance(level float64) float64 {
	level = min(max(level, 0), 100)
	if level <= knee {
		return level / kappa
	}
	return math.Pow((level+16)/116, 3)
}

// Lightness is the inverse of Luminance.
func Lightness(luminance float64) float64 {
	luminance = min(max(luminance, 0), 1)
	if luminance <= knee/kappa {
		return luminance * kappa
	}
	return 116*math.Cbrt(luminance) - 16
}

// CoarsestStep returns the largest step in L* between two neighbours of a
// channel with so many evenly spaced levels, both ends counted. Lightness
// rises fastest at black, so it is the first step. A step below about 0.5
// goes unseen; 0 levels means unknown and returns 0.
func CoarsestStep(levels int) float64 {
	if levels < 2 {
		return 0
	}
	return Lightness(1 / float64(levels-1))
}

// SmoothAbove returns the L* from which on every step of such a channel is
// smaller than step; 100 when none is.
func SmoothAbove(levels int, step float64) float64 {
	last := levels - 1
	for i := range max(last, 0) {
		here := Lightness(float64(i) / float64(last))
		if Lightness(float64(i+1)/float64(last))-here < step {
			return here
		}
	}
	return 100
}
