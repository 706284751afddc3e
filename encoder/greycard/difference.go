package greycard

import "math"

// Difference is how different two colours look: CIEDE2000 with all weights 1, by
// Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula", Color Research
// and Application 30 (2005), equations 2 to 22. About 1 is just seen side by side.
func Difference(one, two Lab) float64 {
	mean := (math.Hypot(one.A, one.B) + math.Hypot(two.A, two.B)) / 2
	g := 0.5 * (1 - math.Sqrt(seventh(mean)))
	a1, a2 := (1+g)*one.A, (1+g)*two.A
	c1, c2 := math.Hypot(a1, one.B), math.Hypot(a2, two.B)
	h1, h2 := hue(a1, one.B), hue(a2, two.B)

	dl, dc := two.L-one.L, c2-c1
	turn, middle := between(h1, h2, c1*c2 == 0)
	dh := 2 * math.Sqrt(c1*c2) * math.Sin(radians(turn)/2)

	l, c := (one.L+two.L)/2, (c1+c2)/2
	t := 1 - 0.17*math.Cos(radians(middle-30)) + 0.24*math.Cos(radians(2*middle)) +
		0.32*math.Cos(radians(3*middle+6)) - 0.20*math.Cos(radians(4*middle-63))
	sl := 1 + 0.015*(l-50)*(l-50)/math.Sqrt(20+(l-50)*(l-50))
	sc, sh := 1+0.045*c, 1+0.015*c*t
	bend := math.Exp(-math.Pow((middle-275)/25, 2))
	rt := -2 * math.Sqrt(seventh(c)) * math.Sin(radians(60*bend))

	dl, dc, dh = dl/sl, dc/sc, dh/sh
	return math.Sqrt(dl*dl + dc*dc + dh*dh + rt*dc*dh)
}

// seventh is c^7 / (c^7 + 25^7).
func seventh(c float64) float64 {
	c = math.Pow(c, 7)
	return c / (c + math.Pow(25, 7))
}

// hue is an angle from 0 to 360 degrees; 0 for a grey, which has none.
func hue(a, b float64) float64 {
	if a == 0 && b == 0 {
		return 0
	}
	return math.Mod(math.Atan2(b, a)*180/math.Pi+360, 360)
}

// between is the short way from one hue to the other and the hue in the middle of
// it; a grey takes on the hue of the other colour.
func between(h1, h2 float64, grey bool) (turn, middle float64) {
	turn = h2 - h1
	switch {
	case grey:
		return 0, h1 + h2
	case turn > 180:
		turn -= 360
	case turn < -180:
		turn += 360
	}
	middle = (h1 + h2) / 2
	switch {
	case math.Abs(h1-h2) <= 180:
	case h1+h2 < 360:
		middle += 180
	default:
		middle -= 180
	}
	return turn, middle
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
