package greycard

import "math"

// Setting is what of a camera can be turned towards a neutral card.
type Setting uint8

// The settings. Turned up, Warmth makes the picture bluer against red, as a
// white balance in mired (a million by kelvin) does from warmer light on; Red and
// Blue make it redder and bluer; Exposure makes it brighter.
const (
	Warmth Setting = iota + 1
	Red
	Blue
	Exposure
)

// Knob is one setting of a camera.
type Knob struct {
	Setting     Setting
	Least, Most float64 // in a unit of the camera's
	At          float64 // what it is set to
	// PerStop is about how far it must be turned for one stop; what it really
	// takes is learnt from what the picture does.
	PerStop float64
}

const (
	// enough is how near to neutral each setting is brought, in stops; a stop of
	// 0.03 is 2 % of one colour's light, a CIEDE2000 of about 0.7.
	enough = 0.03
	// learnFrom is the least turn, in stops, that says what a turn does.
	learnFrom = 0.1
	// rounds is how often the camera is turned at most.
	rounds = 8
)

// Balancer brings a camera's knobs to where the card is neutral, by measuring again
// after each turn, because no camera says what its numbers mean. It is pure.
type Balancer struct {
	knobs []turned
	round int
	best  []float64
	error float64 // of best, in stops
}

// turned is a knob with what the last turn did.
type turned struct {
	Knob
	off   float64 // before the last turn, in stops
	moved float64 // by the last turn
	dead  bool    // it does nothing
}

// NewBalancer begins where the knobs stand.
func NewBalancer(knobs []Knob) *Balancer {
	b := &Balancer{error: math.Inf(1)}
	for _, k := range knobs {
		b.knobs = append(b.knobs, turned{Knob: k})
	}
	return b
}

// Step takes what the camera shows with the knobs as they are, and turns them.
// more is false when it is enough, or no better is to be had: the knobs then stand
// where the card was most neutral.
func (b *Balancer) Step(off Off) (to []float64, more bool) {
	worst := 0.0
	for i := range b.knobs {
		worst = max(worst, math.Abs(b.knobs[i].wants(off)))
	}
	if worst < b.error {
		b.error, b.best = worst, b.at()
	}
	b.round++
	if worst <= enough || b.round > rounds {
		return b.best, false
	}
	for i := range b.knobs {
		k := &b.knobs[i]
		k.turn(k.wants(off))
		more = more || k.moved != 0
	}
	if !more {
		return b.best, false
	}
	return b.at(), true
}

func (b *Balancer) at() (values []float64) {
	for _, k := range b.knobs {
		values = append(values, k.At)
	}
	return values
}

// wants is how many stops a knob's setting is short of.
func (k *turned) wants(off Off) float64 {
	switch k.Setting {
	case Warmth:
		return off.Blue - off.Red
	case Red:
		return off.Red
	case Blue:
		return off.Blue
	}
	return off.Exposure
}

// turn moves the knob by what the picture is off, and no further than half of its
// range at once.
func (k *turned) turn(off float64) {
	k.learn(off)
	k.off = off
	before := k.At
	if !k.dead && math.Abs(off) > enough {
		half := (k.Most - k.Least) / 2
		k.At += min(max(off*k.PerStop, -half), half)
		k.At = min(max(k.At, k.Least), k.Most)
	}
	k.moved = k.At - before
}

// learn compares what the last turn did with what it should have done. A turn that
// did nothing of note was of a knob that is none.
func (k *turned) learn(off float64) {
	asked := k.moved / k.PerStop
	if math.Abs(asked) < learnFrom {
		return
	}
	did := k.off - off
	if math.Abs(did) < learnFrom*math.Abs(asked) {
		k.dead = true
		return
	}
	k.PerStop = k.moved / did
}
