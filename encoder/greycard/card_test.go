package greycard

import (
	"errors"
	"math"
	"testing"
)

// coded turns linear light into BT.709 numbers, independently of the package.
func coded(r, g, b float64) (y, cb, cr byte) {
	bend := func(l float64) float64 {
		if l < 0.018 {
			return 4.5 * l
		}
		return 1.099*math.Pow(l, 0.45) - 0.099
	}
	r, g, b = bend(r), bend(g), bend(b)
	luma := 0.2126*r + 0.7152*g + 0.0722*b
	number := func(v float64) byte { return byte(math.Round(min(max(v, 0), 255))) }
	return number(16 + 219*luma), number(128 + 224*(b-luma)/1.8556), number(128 + 224*(r-luma)/1.5748)
}

func TestAPatchTellsByHowManyStopsItIsOff(t *testing.T) {
	for _, want := range []Off{
		{}, {Red: 1}, {Blue: 1}, {Red: -0.5, Blue: 0.5}, {Exposure: 1}, {Exposure: -1}, {Red: 0.2, Blue: -0.7, Exposure: 0.4},
	} {
		r, b := math.Exp2(-want.Red), math.Exp2(-want.Blue)
		g := Reflectance / math.Exp2(want.Exposure) / luminance(r, 1, b)
		y, cb, cr := coded(r*g, g, b*g)
		got := measured(t, flat(640, 360, y, cb, cr), Centre()).Off()
		if max(math.Abs(got.Red-want.Red), math.Abs(got.Blue-want.Blue), math.Abs(got.Exposure-want.Exposure)) > 0.06 {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestANeutralCardHasNoCastAndATintedOneHas(t *testing.T) {
	if cast := measured(t, flat(640, 360, 106, 128, 128), Centre()).Cast(); cast > 0.1 {
		t.Errorf("a neutral card has a cast of %.2f", cast)
	}
	y, cb, cr := coded(0.22, 0.18, 0.15)
	if cast := measured(t, flat(640, 360, y, cb, cr), Centre()).Cast(); cast < 5 {
		t.Errorf("a warm card has a cast of %.2f only", cast)
	}
}

func TestWhatIsNoCardIsRefusedWithItsReason(t *testing.T) {
	card := func(r, g, b float64) Picture {
		y, cb, cr := coded(r, g, b)
		return flat(640, 360, y, cb, cr)
	}
	half := card(0.18, 0.18, 0.18)
	paint(half, Region{0, 0, 0.5, 1}, 60, 128, 128)
	glare := card(0.18, 0.18, 0.18)
	paint(glare, Region{0.47, 0.46, 0.02, 0.03}, 235, 128, 128)
	for name, tc := range map[string]struct {
		p    Picture
		want error
	}{
		"a card":            {card(0.18, 0.18, 0.18), nil},
		"one in warm light": {card(0.3, 0.18, 0.08), nil},
		"dim":               {card(0.05, 0.05, 0.05), nil},
		"nothing lit":       {card(0.005, 0.005, 0.005), ErrDark},
		"white paper":       {card(0.97, 0.97, 0.97), ErrBright},
		"glare":             {glare, ErrBright},
		"half a card":       {half, ErrUneven},
		"green felt":        {card(0.02, 0.12, 0.03), ErrColour},
		"a sapphire":        {card(0.03, 0.04, 0.3), ErrColour},
	} {
		if err := measured(t, tc.p, Centre()).Check(); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

func TestAPictureThatIsNotWholeOrTooSmallIsRefused(t *testing.T) {
	short := flat(640, 360, 106, 128, 128)
	short.I420 = short.I420[1:]
	for name, p := range map[string]Picture{"short": short, "none": {}, "small": flat(64, 36, 106, 128, 128)} {
		if _, err := Measure(p, Centre()); err == nil {
			t.Errorf("%s: measured", name)
		}
	}
	if _, err := Measure(flat(641, 361, 106, 128, 128), Centre()); err != nil {
		t.Errorf("odd sides: %v", err)
	}
}
