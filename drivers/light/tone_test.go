package light

import (
	"math"
	"strings"
	"testing"
)

// mccamy returns the colour temperature of CIE 1931 x, y. McCamy 1992, Color
// Research and Application 17(2) p. 142: a formula that shares nothing with
// the one under test.
func mccamy(x, y float64) float64 {
	n := (x - 0.3320) / (0.1858 - y)
	return 449*n*n*n + 3525*n*n + 6823.3*n + 5520.33
}

func xy(c chroma) (x, y float64) {
	d := 2*c.u - 8*c.v + 4
	return 3 * c.u / d, 2 * c.v / d
}

func TestTheLocusMeetsPublishedPoints(t *testing.T) {
	for _, c := range []struct{ kelvin, x, y float64 }{
		{2856, 0.4476, 0.4074}, // illuminant A
		{4000, 0.3805, 0.3768},
		{6504, 0.3135, 0.3237},
	} {
		if x, y := xy(locus(c.kelvin)); math.Abs(x-c.x) > 1e-3 || math.Abs(y-c.y) > 1e-3 {
			t.Errorf("%g K: x %.4f y %.4f, want %.4f %.4f", c.kelvin, x, y, c.x, c.y)
		}
	}
}

// shine adds the tristimulus values of both emitters and returns the mix.
func shine(fractions []float64, e []Emitter) (flux, kelvin float64) {
	var sx, sy, sz float64
	for i, f := range fractions {
		x, y := xy(locus(e[i].Kelvin))
		big := f * e[i].Output
		sx, sy, sz = sx+big*x/y, sy+big, sz+big*(1-x-y)/y
	}
	return sy, mccamy(sx/(sx+sy+sz), sy/(sx+sy+sz))
}

func TestAMixHasTheColourAskedForAtConstantOutput(t *testing.T) {
	for _, e := range [][]Emitter{
		{{Kelvin: 2700, Output: 1}, {Kelvin: 6500, Output: 1}},
		{{Kelvin: 3000, Output: 800}, {Kelvin: 5600, Output: 1000}},
		{{Kelvin: 2700, Output: 1.3}, {Kelvin: 5000, Output: 1}},
	} {
		for kelvin := e[0].Kelvin; kelvin <= e[1].Kelvin; kelvin += 50 {
			fractions := mix(e, 0.7, kelvin)
			flux, got := shine(fractions, e)
			if want := 0.7 * min(e[0].Output, e[1].Output); math.Abs(flux-want) > 1e-9*want {
				t.Fatalf("%g K of %v: output %g, want %g", kelvin, e, flux, want)
			}
			if math.Abs(got-kelvin) > 0.015*kelvin {
				t.Fatalf("%g K of %v: looks like %.0f K", kelvin, e, got)
			}
			for _, f := range fractions {
				if f < 0 || f > 1 {
					t.Fatalf("%g K: fraction %g", kelvin, f)
				}
			}
		}
	}
}

func TestTheEndsUseOneEmitterAlone(t *testing.T) {
	e := []Emitter{{Kelvin: 2700, Output: 1}, {Kelvin: 6500, Output: 1}}
	if f := mix(e, 1, 2700); f[0] < 1-1e-6 || f[1] > 1e-6 {
		t.Errorf("warm end: %v", f)
	}
	if f := mix(e, 1, 6500); f[1] < 1-1e-6 || f[0] > 1e-6 {
		t.Errorf("cool end: %v", f)
	}
}

func TestEmittersThatCannotWorkAreRefused(t *testing.T) {
	ok := &fakeChannel{}
	for want, e := range map[string][]Emitter{
		"0 emitters":     nil,
		"3 emitters":     {{Channel: ok}, {Channel: ok}, {Channel: ok}},
		"no channel":     {{Kelvin: 3000}},
		"has 0 K":        {{Channel: ok}, {Channel: ok, Kelvin: 5000}},
		"output of -1":   {{Channel: ok, Output: -1}},
		"cannot be mixe": {{Channel: ok, Kelvin: 5000}, {Channel: ok, Kelvin: 5050}},
	} {
		_, err := New(Config{Name: "light.key", Emitters: e})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "light.key") {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
