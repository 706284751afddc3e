package button

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// wirings are all the ways in which a button can hang on a line.
func wirings() map[string]Config {
	return map[string]Config{
		"open to 3.3 V":              {},
		"open to ground":             {ActiveLow: true},
		"closed, pressed reads high": {NormallyClosed: true},
		"closed, pressed reads low":  {NormallyClosed: true, ActiveLow: true},
	}
}

// act is one thing that happens to a line, and what must be read from it.
type act struct {
	name  string
	parts []part
	want  []Kind
	meant []Meaning
}

// part is a stretch of one level; noise is the share of looks, in percent, that
// say the contrary.
type part struct {
	on    bool
	lasts time.Duration
	noise int
}

// Short times let a million lives fit into a test; their ratios are the real ones.
const (
	traceLong  = 500 * ms
	traceStuck = 1200 * ms
)

func randomAct(rng *rand.Rand, cfg Config) act {
	between := func(from, to time.Duration) time.Duration { return from + time.Duration(rng.Int64N(int64(to-from))) }
	bounce := func(on bool) part { return part{on: on, lasts: between(0, 8*ms), noise: 50} }
	press := func(lasts time.Duration) []part { return []part{bounce(true), {on: true, lasts: lasts}, bounce(false)} }
	broken := Stuck
	if cfg.NormallyClosed {
		broken = Cut
	}
	long := []Meaning{LongPress}
	switch rng.IntN(8) {
	case 0:
		return act{name: "glitch", parts: []part{{on: true, lasts: between(ms, 10*ms)}}}
	case 1:
		return act{"long", press(between(traceLong+60*ms, traceStuck-60*ms)), []Kind{Down, Up}, long}
	case 2:
		return act{"stuck", press(between(traceStuck+60*ms, 2*traceStuck)), []Kind{Down, broken, Recovered}, nil}
	case 3:
		loose := []part{{on: true, lasts: 30 * ms}}
		for range 40 {
			loose = append(loose, part{on: false, lasts: 6 * ms}, part{on: true, lasts: 20 * ms})
		}
		return act{"loose wire", append(loose, part{lasts: 600 * ms}), []Kind{Down, Cut, Recovered}, nil}
	case 4:
		return act{"shortest", press(50 * ms), []Kind{Down, Up}, []Meaning{Press}}
	}
	return act{"press", press(between(50*ms, traceLong-60*ms)), []Kind{Down, Up}, []Meaning{Press}}
}

// life is a random series of acts on one line. Half of them begin with the line
// pressed; one in four ends with a line that stays so.
func life(rng *rand.Rand, cfg Config) (parts []part, want []Kind, meant []Meaning, story []string) {
	tell := func(a act) {
		parts, story = append(parts, a.parts...), append(story, a.name)
		want, meant = append(want, a.want...), append(meant, a.meant...)
	}
	tell(act{"power-on", []part{{on: rng.IntN(2) == 0, lasts: 60 * ms}, {lasts: 60 * ms}}, []Kind{Up}, nil})
	for range 1 + rng.IntN(2) {
		tell(randomAct(rng, cfg))
		tell(act{"rest", []part{{lasts: 50*ms + time.Duration(rng.IntN(30))*ms}}, nil, nil})
	}
	if rng.IntN(4) == 0 {
		end := act{"stays pressed", []part{{on: true, lasts: traceStuck + 60*ms}}, []Kind{Down, Stuck}, nil}
		if cfg.NormallyClosed {
			end.want, end.meant = []Kind{Down, Cut}, nil
		}
		tell(end)
	}
	return parts, want, meant, story
}

// play looks at the life as Button and Panel do: every 5 ms with jitter, rarer
// while at rest.
func play(rng *rand.Rand, cfg Config, parts []part) (got []Kind, meant []Meaning) {
	decoder, gestures := NewDecoder(cfg), NewGestures(cfg)
	now, end := time.Duration(0), time.Duration(0)
	for _, p := range parts {
		for end += p.lasts; now < end; {
			on := p.on != (p.noise > 0 && rng.IntN(100) < p.noise)
			if e, ok := decoder.Sample(now, gpio.Level(on != cfg.ActiveLow)); ok {
				got = append(got, e.Kind)
				if m, ok := gestures.Event(e); ok {
					meant = append(meant, m.Meaning)
				}
			}
			step := 4*ms + time.Duration(rng.IntN(3000))*time.Microsecond
			if decoder.Resting() {
				step = 15*ms + time.Duration(rng.IntN(6000))*time.Microsecond
			}
			now += step
		}
	}
	return got, meant
}

// TestNoRandomLineStartsByItselfNorLosesAFinger plays a million random lives,
// shared among all wirings: no press of 50 ms or more is missed or doubled, and
// power-on, glitches, stuck buttons, cut and loose wires mean nothing.
func TestNoRandomLineStartsByItselfNorLosesAFinger(t *testing.T) {
	for name, cfg := range wirings() {
		cfg.Long, cfg.StuckAfter = traceLong, traceStuck
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(3, uint64(len(name))))
			for i := range lives / 4 {
				parts, want, meant, story := life(rng, cfg)
				got, gestures := play(rng, cfg, parts)
				if !slices.Equal(got, want) || !slices.Equal(gestures, meant) {
					t.Fatalf("life %d, %v: %s", i, story, fmt.Sprintf("%v %v, want %v %v", got, gestures, want, meant))
				}
			}
		})
	}
}
