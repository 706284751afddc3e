package testcam

import "math"

// colour is linear light, red, green and blue; 1 is the white of a sheet of
// paper under the key light and reflections go beyond it.
type colour struct{ r, g, b float64 }

func (c colour) plus(d colour) colour   { return colour{c.r + d.r, c.g + d.g, c.b + d.b} }
func (c colour) times(f float64) colour { return colour{c.r * f, c.g * f, c.b * f} }
func (c colour) tinted(d colour) colour { return colour{c.r * d.r, c.g * d.g, c.b * d.b} }
func (c colour) mix(d colour, f float64) colour {
	return c.times(1 - f).plus(d.times(f))
}

// yuv is a colour as the picture stores it, before rounding.
type yuv struct{ y, u, v float64 }

// matrix has the luma weights of red and blue: ITU-R BT.709 for pictures of
// high definition and BT.601 for smaller ones, as players assume when a stream
// does not say.
type matrix struct{ red, blue float64 }

func matrixFor(height int) matrix {
	if height > 576 {
		return matrix{0.2126, 0.0722}
	}
	return matrix{0.299, 0.114}
}

// yuv develops linear light: a shoulder for the highlights, a gamma, then the
// limited range of ITU-R BT.709 (luma 16 to 235, chroma 128 ± 112).
func (m matrix) yuv(c colour) yuv {
	r, g, b := develop(c.r), develop(c.g), develop(c.b)
	luma := m.red*r + (1-m.red-m.blue)*g + m.blue*b
	return yuv{
		y: 16 + 219*luma,
		u: 128 + 112*(b-luma)/(1-m.blue),
		v: 128 + 112*(r-luma)/(1-m.red),
	}
}

// develop maps linear light to 0..1 as a camera does: a soft shoulder (the
// extended curve of Reinhard et al. 2002, all white at 4), a little more gain,
// a gamma of 2.2.
func develop(light float64) float64 {
	const white, gain = 4.0, 1.35
	light = max(light, 0)
	light *= (1 + light/(white*white)) / (1 + light)
	return math.Pow(min(gain*light, 1), 1/2.2)
}

func clamp8(v float64) byte { return byte(min(max(v+0.5, 0), 255)) }

// smooth goes from 0 at from to 1 at to without a corner.
func smooth(from, to, v float64) float64 {
	t := min(max((v-from)/(to-from), 0), 1)
	return t * t * (3 - 2*t)
}

// bump is 1 at middle and falls to 0 at half a width on both sides.
func bump(middle, width, v float64) float64 {
	return 1 - smooth(0, width/2, math.Abs(v-middle))
}
