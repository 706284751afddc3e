package greycard

import (
	"errors"
	"math"
)

// Why a patch is no grey card that can be measured, each with its mend.
var (
	ErrUneven = errors.New("grey card: the middle of the picture is not even: lay the card flat in the middle, large enough, without shade or glare, and stop the table")
	ErrBright = errors.New("grey card: it is too bright to tell its colour: dim the lights or shorten the shutter")
	ErrDark   = errors.New("grey card: it is too dark to tell its colour: add light or open the lens")
	ErrColour = errors.New("grey card: what lies in the middle of the picture is not grey")
)

// Bounds of what counts as a card.
const (
	mostUneven  = 0.12
	mostClipped = 0.02
	darkest     = 0.02 // of linear light, three stops below 18 %
	brightest   = 0.80
	mostCast    = 2.0 // stops between two of red, green and blue
)

// Check refuses a patch that is no grey card, or cannot be told from one.
func (p Patch) Check() error {
	off := p.Off()
	switch {
	case p.Clipped > mostClipped || p.Luminance() > brightest:
		return ErrBright
	case p.Luminance() < darkest || min(p.R, p.G, p.B) < darkest/8:
		return ErrDark
	case p.Uneven > mostUneven:
		return ErrUneven
	case math.Abs(off.Red) > mostCast || math.Abs(off.Blue) > mostCast || math.Abs(off.Red-off.Blue) > mostCast:
		return ErrColour
	}
	return nil
}

// Off is how far a patch is from a grey card that is shown right, in stops; a
// positive number wants more.
type Off struct{ Red, Blue, Exposure float64 }

// Off is log2 of the factors that would make the patch neutral, against its own
// green, and of the one that would make it as bright as Reflectance.
func (p Patch) Off() Off {
	const least = 1e-4
	r, g, b := max(p.R, least), max(p.G, least), max(p.B, least)
	return Off{
		Red: math.Log2(g / r), Blue: math.Log2(g / b),
		Exposure: math.Log2(Reflectance / max(p.Luminance(), least)),
	}
}

// Cast is how far the patch looks from a grey of its own brightness, as Difference.
func (p Patch) Cast() float64 {
	lab := p.Lab()
	return Difference(lab, Lab{L: lab.L})
}
