package greycard

import (
	"math"
	"testing"
)

// flat is a picture of one colour.
func flat(width, height int, y, cb, cr byte) Picture {
	p := Picture{Width: width, Height: height}
	chroma := ((width + 1) / 2) * ((height + 1) / 2)
	p.I420 = make([]byte, width*height+2*chroma)
	fill := func(part []byte, value byte) {
		for i := range part {
			part[i] = value
		}
	}
	fill(p.I420[:width*height], y)
	fill(p.I420[width*height:width*height+chroma], cb)
	fill(p.I420[width*height+chroma:], cr)
	return p
}

// paint fills a region of a picture.
func paint(p Picture, r Region, y, cb, cr byte) {
	x0, x1 := pixels(r.X, r.W, p.Width)
	y0, y1 := pixels(r.Y, r.H, p.Height)
	cw, ch := (p.Width+1)/2, (p.Height+1)/2
	for row := y0; row < y1; row++ {
		for x := x0; x < x1; x++ {
			p.I420[row*p.Width+x] = y
			i := p.Width*p.Height + row/2*cw + x/2
			p.I420[i], p.I420[i+cw*ch] = cb, cr
		}
	}
}

func measured(t *testing.T, p Picture, r Region) Patch {
	t.Helper()
	patch, err := Measure(p, r)
	if err != nil {
		t.Fatal(err)
	}
	return patch
}

// The numbers of 100 % bars, as BT.709 and BT.601 have them in eight bits, and what
// they look like in CIELAB under D65.
func TestTheBarsOfATestCardHaveTheirColours(t *testing.T) {
	for name, tc := range map[string]struct {
		coding    Coding
		y, cb, cr byte
		r, g, b   float64
		lab       Lab
	}{
		"white":             {Coding{}, 235, 128, 128, 1, 1, 1, Lab{100, 0, 0}},
		"black":             {Coding{}, 16, 128, 128, 0, 0, 0, Lab{0, 0, 0}},
		"red, BT.709":       {Coding{}, 63, 102, 240, 1, 0, 0, Lab{53.2, 80.1, 67.2}},
		"green, BT.709":     {Coding{}, 173, 42, 26, 0, 1, 0, Lab{87.7, -86.2, 83.2}},
		"blue, BT.709":      {Coding{}, 32, 240, 118, 0, 0, 1, Lab{32.3, 79.2, -107.9}},
		"red, BT.601":       {Coding{BT601: true}, 81, 90, 240, 1, 0, 0, Lab{53.2, 80.1, 67.2}},
		"blue, BT.601":      {Coding{BT601: true}, 41, 240, 110, 0, 0, 1, Lab{32.3, 79.2, -107.9}},
		"white, full range": {Coding{Full: true}, 255, 128, 128, 1, 1, 1, Lab{100, 0, 0}},
		// 1.099 x 0.18^0.45 - 0.099 = 0.409 of 219 above 16.
		"18 % grey": {Coding{}, 106, 128, 128, 0.18, 0.18, 0.18, Lab{49.5, 0, 0}},
	} {
		p := flat(64, 64, tc.y, tc.cb, tc.cr)
		p.Coding = tc.coding
		got := measured(t, p, Region{0, 0, 1, 1})
		if off := max(math.Abs(got.R-tc.r), math.Abs(got.G-tc.g), math.Abs(got.B-tc.b)); off > 0.02 {
			t.Errorf("%s: %+v, want %v %v %v", name, got, tc.r, tc.g, tc.b)
		}
		if d := Difference(got.Lab(), tc.lab); d > 1 {
			t.Errorf("%s: %+v, want %+v", name, got.Lab(), tc.lab)
		}
		if got.Uneven > 1e-9 {
			t.Errorf("%s: uneven by %g", name, got.Uneven)
		}
	}
}

// The 34 pairs of the supplement to Sharma, Wu and Dalal 2005, by which every
// implementation of CIEDE2000 is judged.
func TestDifferencesAreThoseOfThePaper(t *testing.T) {
	for i, p := range [][7]float64{
		{50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425}, {50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615},
		{50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412}, {50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000},
		{50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0000}, {50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0000},
		{50, 0, 0, 50, -1, 2, 2.3669}, {50, -1, 2, 50, 0, 0, 2.3669},
		{50, 2.4900, -0.0010, 50, -2.4900, 0.0009, 7.1792}, {50, 2.4900, -0.0010, 50, -2.4900, 0.0010, 7.1792},
		{50, 2.4900, -0.0010, 50, -2.4900, 0.0011, 7.2195}, {50, 2.4900, -0.0010, 50, -2.4900, 0.0012, 7.2195},
		{50, -0.0010, 2.4900, 50, 0.0009, -2.4900, 4.8045}, {50, -0.0010, 2.4900, 50, 0.0010, -2.4900, 4.8045},
		{50, -0.0010, 2.4900, 50, 0.0011, -2.4900, 4.7461}, {50, 2.5000, 0, 50, 0, -2.5000, 4.3065},
		{50, 2.5, 0, 73, 25, -18, 27.1492}, {50, 2.5, 0, 61, -5, 29, 22.8977},
		{50, 2.5, 0, 56, -27, -3, 31.9030}, {50, 2.5, 0, 58, 24, 15, 19.4535},
		{50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000}, {50, 2.5, 0, 50, 3.2972, 0, 1.0000},
		{50, 2.5, 0, 50, 1.8634, 0.5757, 1.0000}, {50, 2.5, 0, 50, 3.2592, 0.3350, 1.0000},
		{60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644}, {63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630},
		{61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731}, {35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645},
		{22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373}, {36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146},
		{90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441}, {90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381},
		{6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377}, {2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082},
	} {
		one, two := Lab{p[0], p[1], p[2]}, Lab{p[3], p[4], p[5]}
		if got := Difference(one, two); math.Abs(got-p[6]) > 5e-5 {
			t.Errorf("pair %d: %.4f, want %.4f", i+1, got, p[6])
		}
		if there, back := Difference(one, two), Difference(two, one); math.Abs(there-back) > 1e-9 {
			t.Errorf("pair %d: %g there, %g back", i+1, there, back)
		}
	}
}
