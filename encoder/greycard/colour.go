package greycard

import "math"

// clippedAt is a component near enough to the brightest that it may be brighter
// in truth.
const clippedAt = 0.985

// decode turns one pixel's numbers into R', G' and B' from 0 to 1, by the matrix
// and the ranges of ITU-R BT.709-6, 3.2 to 3.5, or BT.601-7, 2.5.
func (c Coding) decode(y, cb, cr byte) [3]float64 {
	red, blue := 0.2126, 0.0722
	if c.BT601 {
		red, blue = 0.299, 0.114
	}
	luma, u, v := (float64(y)-16)/219, (float64(cb)-128)/224, (float64(cr)-128)/224
	if c.Full {
		luma, u, v = float64(y)/255, (float64(cb)-128)/255, (float64(cr)-128)/255
	}
	r, b := luma+2*(1-red)*v, luma+2*(1-blue)*u
	g := (luma - red*r - blue*b) / (1 - red - blue)
	return [3]float64{r, g, b}
}

// linear is the light of a component, 0 to 1: the inverse of BT.709-6, 1.2.
func linear(v float64) float64 {
	switch {
	case v <= 0:
		return 0
	case v < 0.081:
		return v / 4.5
	}
	return math.Min(math.Pow((v+0.099)/1.099, 1/0.45), 1)
}

// luminance weighs linear light by BT.709's primaries.
func luminance(r, g, b float64) float64 { return 0.2126*r + 0.7152*g + 0.0722*b }

// Lab is a colour in CIELAB under D65: L 0 to 100, and a, b around 0.
type Lab struct{ L, A, B float64 }

// Lab is the patch's colour: linear light by the matrix of IEC 61966-2-1 to XYZ,
// and CIE 15:2004, 8.2.1 from there, white being R = G = B = 1.
func (p Patch) Lab() Lab {
	x := 0.4124*p.R + 0.3576*p.G + 0.1805*p.B
	y := 0.2126*p.R + 0.7152*p.G + 0.0722*p.B
	z := 0.0193*p.R + 0.1192*p.G + 0.9505*p.B
	fx, fy, fz := root(x/0.9505), root(y), root(z/1.0890)
	return Lab{L: 116*fy - 16, A: 500 * (fx - fy), B: 200 * (fy - fz)}
}

func root(t float64) float64 {
	const edge = 6.0 / 29
	if t > edge*edge*edge {
		return math.Cbrt(t)
	}
	return t/(3*edge*edge) + 4.0/29
}
