// Package greycard measures a grey card in a picture, and tells how a camera must
// be turned to show it neutral and whether the colours have drifted since.
package greycard

import (
	"fmt"
	"math"
)

// Reflectance is how much of the light a grey card gives back.
const Reflectance = 0.18

// Picture is one raw picture in I420: Width x Height bytes of luma, then two planes
// of chroma of half the width and height, rounded up, without padding.
type Picture struct {
	Width, Height int // pixels
	I420          []byte
	Coding        Coding
}

// Coding is how a picture's numbers stand for colours.
type Coding struct {
	BT601 bool // the matrix is that of BT.601, as in small pictures; else BT.709
	Full  bool // luma fills 0 to 255; else 16 to 235
}

// Region is a part of a picture, in shares of its width and height from 0 to 1.
type Region struct{ X, Y, W, H float64 }

// Centre returns the middle of a picture, where the card lies while it is measured.
func Centre() Region { return Region{0.45, 0.44, 0.10, 0.12} }

// Patch is what a region of a picture looks like.
type Patch struct {
	// R, G and B are the means of linear light in BT.709's primaries, 0 to 1. A
	// camera's own tone curve, which nobody knows, is taken for BT.709's.
	R, G, B float64
	// Uneven is how much the brightness differs from cell to cell of the region:
	// the standard deviation of 64 cells as a share of the mean.
	Uneven float64
	// Clipped is the share of pixels that are as bright as can be told.
	Clipped float64
}

// cells is how many a region has along each side.
const cells = 8

// Measure averages a region. It is an error when the picture is not whole or the
// region has less than a pixel for each cell.
func Measure(p Picture, r Region) (Patch, error) {
	cw, ch := (p.Width+1)/2, (p.Height+1)/2
	if p.Width <= 0 || p.Height <= 0 || len(p.I420) != p.Width*p.Height+2*cw*ch {
		return Patch{}, fmt.Errorf("grey card: %d bytes are no picture of %dx%d", len(p.I420), p.Width, p.Height)
	}
	x0, x1 := pixels(r.X, r.W, p.Width)
	y0, y1 := pixels(r.Y, r.H, p.Height)
	if x1-x0 < cells || y1-y0 < cells {
		return Patch{}, fmt.Errorf("grey card: a picture of %dx%d is too small to measure", p.Width, p.Height)
	}
	var sum Patch
	var light, count [cells * cells]float64
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			cell := (y-y0)*cells/(y1-y0)*cells + (x-x0)*cells/(x1-x0)
			i := p.Width*p.Height + y/2*cw + x/2
			c := p.Coding.decode(p.I420[y*p.Width+x], p.I420[i], p.I420[i+cw*ch])
			r, g, b := linear(c[0]), linear(c[1]), linear(c[2])
			sum.R, sum.G, sum.B = sum.R+r, sum.G+g, sum.B+b
			light[cell], count[cell] = light[cell]+luminance(r, g, b), count[cell]+1
			if max(c[0], c[1], c[2]) >= clippedAt {
				sum.Clipped++
			}
		}
	}
	n := float64((y1 - y0) * (x1 - x0))
	mean := Patch{R: sum.R / n, G: sum.G / n, B: sum.B / n, Clipped: sum.Clipped / n}
	mean.Uneven = spread(light, count, luminance(mean.R, mean.G, mean.B))
	return mean, nil
}

func pixels(from, share float64, size int) (begin, end int) {
	begin = int(math.Round(from * float64(size)))
	end = int(math.Round((from + share) * float64(size)))
	return max(begin, 0), min(end, size)
}

// spread is the deviation of the cells' means as a share of the whole mean.
func spread(light, count [cells * cells]float64, mean float64) float64 {
	square := 0.0
	for i := range light {
		off := light[i]/count[i] - mean
		square += off * off
	}
	return math.Sqrt(square/float64(len(light))) / max(mean, 1e-6)
}

// Luminance is the patch's linear brightness, 0 to 1.
func (p Patch) Luminance() float64 { return luminance(p.R, p.G, p.B) }
