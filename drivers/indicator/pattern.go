package indicator

import "time"

// Colour is a mix of the three primaries that an RGB light can show.
type Colour uint8

// The colours. Yellow stands for waiting, magenta for faults: red alone is
// kept for a show that is on air.
const (
	Dark    Colour = 0
	Red     Colour = 1
	Green   Colour = 2
	Blue    Colour = 4
	Yellow         = Red | Green
	Magenta        = Red | Blue
	Cyan           = Green | Blue
	White          = Red | Green | Blue
)

// Pattern is one thing that the lamp can say. Its rhythm alone tells it from
// every other, so that neither colours nor a second light are needed.
type Pattern struct {
	Name   string
	Colour Colour
	// OnAir marks the patterns that claim that the world is watching. They
	// last only while they are renewed, see Lease.
	OnAir bool
	// Beat is on, off, on, off ... from the start of the pattern, then again;
	// a single on never ends. At most three flashes fall into one second:
	// more can trigger seizures (WCAG 2.3.1).
	Beat []time.Duration
}

// at tells whether the lamp is on at a time into the pattern, and for how long
// that stays so; 0 = for ever.
func (p Pattern) at(since time.Duration) (on bool, left time.Duration) {
	if len(p.Beat) < 2 {
		return len(p.Beat) == 1, 0
	}
	into := since % p.period()
	for i, beat := range p.Beat {
		if into < beat {
			return i%2 == 0, beat - into
		}
		into -= beat
	}
	return false, 0
}

func (p Pattern) period() time.Duration {
	var sum time.Duration
	for _, beat := range p.Beat {
		sum += beat
	}
	return sum
}

func beat(ms ...time.Duration) []time.Duration {
	for i := range ms {
		ms[i] *= time.Millisecond
	}
	return ms
}

// stopped is what Halt leaves behind.
const stopped = "stopped"

// lost is shown when nobody renews a claim to be on air: the program hangs.
const lost = "fault"

// Patterns returns all patterns, each name once.
func Patterns() []Pattern {
	return []Pattern{
		{Name: stopped},
		{Name: "idle", Colour: Green, Beat: beat(100, 3900)},                                             // one short blink: ready
		{Name: "checking", Colour: Cyan, Beat: beat(500, 500)},                                           // even, slow
		{Name: "countdown", Colour: Yellow, Beat: beat(250, 250)},                                        // even, twice as fast
		{Name: "starting", Colour: Yellow, Beat: beat(150, 150, 150, 550)},                               // double blink
		{Name: "on_air", Colour: Red, OnAir: true, Beat: beat(1000)},                                     // steady
		{Name: "degraded", Colour: Red, OnAir: true, Beat: beat(1700, 300)},                              // steady with notches
		{Name: "reconnecting", Colour: Yellow, Beat: beat(200, 200, 200, 200, 200, 1000)},                // triple blink
		{Name: "fault", Colour: Magenta, Beat: beat(1000, 2000)},                                         // long, rare
		{Name: "updating", Colour: Blue, Beat: beat(900, 200, 200, 200)},                                 // long, short
		{Name: "identify", Colour: White, Beat: beat(170, 170, 170, 170, 170, 170, 170, 170, 170, 1000)}, // bursts of five
	}
}

func patternNamed(name string) (Pattern, bool) {
	for _, p := range Patterns() {
		if p.Name == name {
			return p, true
		}
	}
	return Pattern{}, false
}
