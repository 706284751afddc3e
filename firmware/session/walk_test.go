package session

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// leastSteps meet every phase many times.
const leastSteps = 200_000

// steps is half a million, less under the race detector, or what STUDIOBOX_STEPS
// says (10000000 for the long run).
func steps(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("STUDIOBOX_STEPS"))
	if err != nil {
		return max(4*lives, leastSteps)
	}
	t.Logf("%d steps", n)
	return n
}

// world answers a machine at random: mostly as a world would, at times as none
// should.
type world struct {
	rng    *rand.Rand
	s      State
	acking bool
	seen   [phases]int
	halts  int
}

// TestNoRandomStepStartsUnaskedOrShinesRedUnacknowledged walks the machine
// through random lives of 2,000 steps each. What holds of every step, checkHonest
// knows; that every phase was met shows that the walk goes everywhere.
func TestNoRandomStepStartsUnaskedOrShinesRedUnacknowledged(t *testing.T) {
	var seen [phases]int
	halts := 0
	for left, life := steps(t), uint64(0); left > 0; life++ {
		rng := rand.New(rand.NewPCG(life, 13))
		w := &world{rng: rng, s: New(Config{
			RemoteStart: rng.IntN(2) == 0, ActOnRelease: rng.IntN(3) == 0,
			Countdown: time.Duration(rng.IntN(3)) * time.Second, GiveUp: time.Minute,
		})}
		for range min(left, 2000) {
			w.step(t)
		}
		left -= 2000
		halts += w.halts
		for phase, n := range w.seen {
			seen[phase] += n
		}
	}
	t.Logf("steps by phase %v, %d times motion was halted", seen, halts)
	for phase, n := range seen {
		if n == 0 {
			t.Errorf("%v was never met: the walk means nothing", Phase(phase))
		}
	}
	if halts == 0 {
		t.Error("motion was never halted: the walk means nothing")
	}
}

func (w *world) step(t *testing.T) {
	t.Helper()
	before, e := w.s, w.event()
	after, actions := Step(before, e)
	checkHonest(t, before, e, after, actions)
	halted := false
	for _, a := range actions {
		halted = halted || a.Do == HaltMotion
	}
	if halted {
		w.halts++
	}
	if e.Kind == Shutdown && !before.Ending && !halted {
		t.Fatalf("%v with %+v: the program ends and motion goes on", before.Phase, e)
	}
	w.s = after
	w.seen[after.Phase]++
}

func (w *world) event() Event {
	e := Event{Kind: Tick, At: w.s.Now + time.Duration(w.rng.IntN(60))*ms, Attempt: w.s.Attempt}
	e.Facts = w.facts(e.At)
	switch n := w.rng.IntN(1000); {
	case n < 40:
		e.Kind, e.Source = Down, Source(w.rng.IntN(2))
	case n < 60:
		e.Kind, e.Source = Up, Source(w.rng.IntN(2))
	case n < 110:
		e.Kind = ChecksDone
		if w.rng.IntN(4) == 0 {
			e.Failed = []string{"disk"}
		}
	case n < 113:
		e.Kind, e.Reason = Failed, "ingest_refused"
	case n < 135:
		e.Kind = Stopped
	case n < 138:
		e.Kind, e.Source, e.Reason = Stop, Source(w.rng.IntN(int(sources))), "asked"
	case n < 145:
		e.Kind, e.Source = Start, Source(w.rng.IntN(int(sources)))
	case n < 150:
		e.Kind, e.Source, e.Allowed = Permit, Panel, w.rng.IntN(2) == 0
	case n < 155:
		e.Kind, e.Source = []Kind{Stuck, Cut, Recovered}[w.rng.IntN(3)], Source(w.rng.IntN(2))
	case n < 165: // what nobody should send
		e.Kind, e.Source = Kind(w.rng.IntN(int(kinds)+2)), Source(w.rng.IntN(int(sources)+2))
		e.Attempt += uint32(w.rng.IntN(3)) - 1
		e.At += time.Duration(w.rng.IntN(4000)-2000) * ms
		if e.Kind == Shutdown && w.rng.IntN(20) > 0 {
			e.Kind = Tick
		}
	}
	return e
}

// facts come and go in stretches.
func (w *world) facts(now time.Duration) Facts {
	if w.rng.IntN(100) == 0 {
		w.acking = !w.acking
	}
	f := Facts{LastAck: w.s.Facts.LastAck, Connected: w.acking || w.rng.IntN(2) == 0, LineOK: w.rng.IntN(10) > 0}
	if w.acking {
		f.LastAck, f.Connected = now, true
	}
	if w.rng.IntN(60) < 20 {
		f.Trouble = "camera"
	}
	return f
}
