package greycard

import (
	"math"
	"math/rand/v2"
	"testing"
)

// model is a camera whose knobs do what its maker thought fit.
type model struct {
	knobs []Knob
	// light is what the camera makes of the card, as stops of red, green and blue
	// against 18 %, by where its knobs stand.
	light func(at []float64) (r, g, b float64)
}

func (m model) show(at []float64, noise *rand.Rand) Off {
	r, g, b := m.light(at)
	patch := Patch{R: Reflectance * math.Exp2(r), G: Reflectance * math.Exp2(g), B: Reflectance * math.Exp2(b)}
	off := patch.Off()
	if noise != nil {
		off.Red += 0.01 * noise.NormFloat64()
		off.Blue += 0.01 * noise.NormFloat64()
		off.Exposure += 0.01 * noise.NormFloat64()
	}
	return off
}

// balance plays the whole loop and returns what is left.
func (m model) balance(noise *rand.Rand) (left Off, turns int) {
	at := []float64{}
	for _, k := range m.knobs {
		at = append(at, k.At)
	}
	b := NewBalancer(m.knobs)
	for more := true; more; turns++ {
		at, more = b.Step(m.show(at, noise))
	}
	return m.show(at, nil), turns
}

// models are cameras under a light that makes the card so many stops too red, too
// blue and too bright.
func models(red, blue, bright float64) map[string]model {
	linear := func(value, zero float64) float64 { return math.Log2(max(value, 1e-3) / zero) }
	return map[string]model{
		"factors": {
			[]Knob{{Red, 0.2, 8, 2, 1.5}, {Blue, 0.2, 8, 2, 1.5}},
			func(at []float64) (r, g, b float64) {
				return red + linear(at[0], 2), bright, blue + linear(at[1], 2)
			},
		},
		"numbers of 0 to 255 in stops": {
			[]Knob{{Red, 0, 255, 128, 64}, {Blue, 0, 255, 128, 64}},
			func(at []float64) (r, g, b float64) {
				return red + (at[0]-128)/40, bright, blue + (at[1]-128)/40
			},
		},
		"numbers that go the other way": {
			[]Knob{{Red, 0, 100, 50, 25}, {Blue, 0, 100, 50, 25}},
			func(at []float64) (r, g, b float64) {
				return red - (at[0]-50)/15, bright, blue - (at[1]-50)/15
			},
		},
		"factors that bleed into each other": {
			[]Knob{{Red, 0.2, 8, 2, 1.5}, {Blue, 0.2, 8, 2, 1.5}},
			func(at []float64) (r, g, b float64) {
				dr, db := linear(at[0], 2), linear(at[1], 2)
				return red + dr + 0.15*db, bright + 0.1*dr + 0.1*db, blue + db + 0.15*dr
			},
		},
		"kelvin and gain": {
			[]Knob{{Warmth, 100, 500, 200, 100}, {Exposure, 0, 6, 2, 1}},
			func(at []float64) (r, g, b float64) {
				tint := (at[0] - 200) / 140 // stops between red and blue
				gain := at[1] - 2
				return red - tint/2 + gain, bright + gain, red + tint/2 + gain
			},
		},
	}
}

func TestEveryKindOfCameraEndsNeutral(t *testing.T) {
	worst := map[string]float64{}
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 3))
		red, blue, bright := 1.6*rng.Float64()-0.8, 1.6*rng.Float64()-0.8, 1.6*rng.Float64()-0.8
		for name, m := range models(red, blue, bright) {
			left, turns := m.balance(rng)
			off := 0.0
			for _, k := range m.knobs {
				tk := turned{Knob: k}
				off = max(off, math.Abs(tk.wants(left)))
			}
			worst[name] = max(worst[name], off)
			if off > 0.08 || turns > rounds+1 {
				t.Errorf("%s, too red by %.2f, too blue by %.2f: left %+v after %d turns", name, red, blue, left, turns)
			}
		}
	}
	t.Logf("worst rest in stops: %v", worst)
}

func TestACameraWhoseKnobsDoNothingIsGivenUpSoonAndLeftAsItWas(t *testing.T) {
	m := model{[]Knob{{Red, 0, 1, 0.3, 0.25}, {Blue, 0, 1, 0.6, 0.25}}, func([]float64) (r, g, b float64) { return 1, 0, -1 }}
	b := NewBalancer(m.knobs)
	at, more, turns := []float64(nil), true, 0
	for ; more; turns++ {
		at, more = b.Step(m.show(nil, nil))
	}
	if turns > 2 || at[0] != 0.3 || at[1] != 0.6 {
		t.Errorf("%d turns, left at %v", turns, at)
	}
}

func TestNoKnobLeavesItsRange(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 5))
		for name, m := range models(6*rng.Float64()-3, 6*rng.Float64()-3, 6*rng.Float64()-3) {
			b := NewBalancer(m.knobs)
			at := b.at()
			for more := true; more; {
				at, more = b.Step(m.show(at, rng))
				for i, k := range m.knobs {
					if !(at[i] >= k.Least && at[i] <= k.Most) {
						t.Fatalf("%s: knob %d at %v, can be %v to %v", name, i, at[i], k.Least, k.Most)
					}
				}
			}
		}
	}
}

func TestACardThatIsNeutralAlreadyTurnsNothing(t *testing.T) {
	b := NewBalancer([]Knob{{Red, 0, 1, 0.3, 0.25}})
	if at, more := b.Step(Off{Red: 0.02, Exposure: 2}); more || at[0] != 0.3 {
		t.Errorf("%v, %v", at, more)
	}
}
