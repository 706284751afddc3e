package light

import "fmt"

// The colour temperatures for which the formula of the Planckian locus holds.
const (
	coldest = 1000.0  // kelvin
	hottest = 15000.0 // kelvin
)

// chroma is a colour in the CIE 1960 UCS diagram, the one in which colour
// temperature is defined.
type chroma struct{ u, v float64 }

// locus returns the colour of a black body. Krystek 1985, Color Research and
// Application 10(1) p. 38: off by less than 1e-4 from 1000 to 15,000 K.
func locus(kelvin float64) chroma {
	t := kelvin
	return chroma{
		u: (0.860117757 + 1.54118254e-4*t + 1.28641212e-7*t*t) / (1 + 8.42420235e-4*t + 7.08145163e-7*t*t),
		v: (0.317398726 + 4.22806245e-5*t + 4.20481691e-8*t*t) / (1 - 2.89741816e-5*t + 1.61456053e-7*t*t),
	}
}

// coolShare returns which part of the luminous flux of a mix must come from
// the cool emitter to make the mix look like kelvin.
//
// Two emitters mix on the straight line between their colours. The wanted
// point is where that line crosses the isotherm, which by definition stands at
// a right angle on the locus. Colours weigh in proportion to U+V+W = Y/v, so
// the place on the line turns into a share of flux with the emitters' v.
func coolShare(warm, cool, kelvin float64) float64 {
	w, c, p := locus(warm), locus(cool), locus(kelvin)
	before, after := locus(kelvin-1), locus(kelvin+1)
	tu, tv := after.u-before.u, after.v-before.v
	place := ((p.u-w.u)*tu + (p.v-w.v)*tv) / ((c.u-w.u)*tu + (c.v-w.v)*tv)
	share := place * c.v / (place*c.v + (1-place)*w.v)
	return min(max(share, 0), 1)
}

// mix returns how far to open each emitter for a luminance 0..1 of the whole
// lamp. Full means the output that the lamp can hold at every colour
// temperature: the weaker emitter's own. So neither fraction passes 1, and a
// change of colour leaves the output as it was.
func mix(emitters []Emitter, luminance, kelvin float64) []float64 {
	if len(emitters) == 1 {
		return []float64{luminance}
	}
	warm, cool := emitters[0], emitters[1]
	full := min(warm.Output, cool.Output)
	share := coolShare(warm.Kelvin, cool.Kelvin, kelvin)
	return []float64{
		luminance * full * (1 - share) / warm.Output,
		luminance * full * share / cool.Output,
	}
}

// checked returns the emitters with their defaults, warm before cool.
func checked(emitters []Emitter) ([]Emitter, error) {
	if n := len(emitters); n != 1 && n != 2 {
		return nil, fmt.Errorf("%d emitters: give it one channel, or a warm and a cool one", n)
	}
	out := make([]Emitter, len(emitters))
	for i, e := range emitters {
		if e.Output == 0 {
			e.Output = 1
		}
		switch {
		case e.Channel == nil:
			return nil, fmt.Errorf("emitter %d has no channel: name the output that drives it", i+1)
		case !(e.Output > 0):
			return nil, fmt.Errorf("emitter %d has an output of %g: give its flux beside the other's, above 0", i+1, e.Output)
		case len(emitters) == 2 && !(e.Kelvin >= coldest+1 && e.Kelvin <= hottest-1):
			return nil, fmt.Errorf("emitter %d has %g K: two emitters need the colour temperature of each, %g to %g K", i+1, e.Kelvin, coldest+1, hottest-1)
		}
		out[i] = e
	}
	if len(out) == 2 && out[0].Kelvin > out[1].Kelvin {
		out[0], out[1] = out[1], out[0]
	}
	if len(out) == 2 && out[1].Kelvin-out[0].Kelvin < 100 {
		return nil, fmt.Errorf("emitters of %g K and %g K cannot be mixed: they must differ by 100 K or more", out[0].Kelvin, out[1].Kelvin)
	}
	return out, nil
}
