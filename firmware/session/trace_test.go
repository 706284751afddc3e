package session

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/drivers/button"
)

// stretch is a piece of a trace: what the contact does until a time.
type stretch struct {
	until time.Duration
	on    bool
	noise int // percent of looks that say the contrary
}

// trace is one random life of a button's line.
type trace struct {
	parts []stretch
	end   time.Duration
}

// add appends a stretch; changes bounce for up to 8 ms.
func (tr *trace) add(rng *rand.Rand, on bool, lasts time.Duration) {
	if n := len(tr.parts); n > 0 && tr.parts[n-1].on != on {
		tr.end += time.Duration(rng.IntN(8)) * ms
		tr.parts = append(tr.parts, stretch{until: tr.end, on: on, noise: 50})
	}
	tr.end += lasts
	tr.parts = append(tr.parts, stretch{until: tr.end, on: on})
}

func randomTrace(rng *rand.Rand, closedAtRest bool) *trace {
	between := func(from, to time.Duration) time.Duration {
		return from + time.Duration(rng.Int64N(int64(to-from)))
	}
	tr := &trace{}
	tr.add(rng, rng.IntN(4) == 0, between(10*ms, 2500*ms)) // held at power-on in every fourth life
	for range 3 + rng.IntN(4) {
		tr.add(rng, false, between(20*ms, 700*ms))
		switch rng.IntN(8) {
		case 0: // a glitch
			tr.add(rng, true, between(ms, 15*ms))
		case 1: // a tap, or a double press
			tr.add(rng, true, between(50*ms, 400*ms))
			tr.add(rng, false, between(20*ms, 100*ms))
			tr.add(rng, true, between(50*ms, 400*ms))
		case 2, 3: // about the hold
			tr.add(rng, true, between(900*ms, 1100*ms))
		case 4: // about the hold to stop
			tr.add(rng, true, between(1400*ms, 1600*ms))
		case 5: // more than both together, up to what no finger does
			tr.add(rng, true, between(2*time.Second, 9*time.Second))
		case 6: // a loose wire
			tr.end += between(100*ms, 1500*ms)
			tr.parts = append(tr.parts, stretch{until: tr.end, on: true, noise: 5 + rng.IntN(60)})
		case 7:
			if rng.IntN(2) == 0 { // stuck, and mended
				tr.add(rng, true, between(10100*ms, 12*time.Second))
			}
		}
	}
	if closedAtRest && rng.IntN(2) == 0 { // the wire breaks, for good
		tr.add(rng, true, 13*time.Second)
	}
	tr.add(rng, false, 500*ms)
	return tr
}

// rig is one life: a line, a decoder, a machine, and a world that answers it.
type rig struct {
	rng     *rand.Rand
	tr      *trace
	cfg     button.Config
	decoder button.Decoder
	s       State
	now     time.Duration
	part    int
	gaps    []gap
	open    bool
	used    time.Duration // when a press last did something

	checksAt, ackAt, stoppedAt time.Duration // 0 = no answer is due
	fails, reliable            bool          // the gate's answer; it always passes
	broken                     string        // the first violation
	starts, stops              int
	holding                    bool // the press that the last start came from has not ended
}

func newRig(seed uint64) *rig {
	rng := rand.New(rand.NewPCG(seed, 7))
	r := &rig{rng: rng, cfg: button.Config{ActiveLow: rng.IntN(2) == 0, NormallyClosed: seed%4 == 0}}
	r.tr = randomTrace(rng, r.cfg.NormallyClosed)
	r.decoder = button.NewDecoder(r.cfg)
	r.s = New(Config{ActOnRelease: r.cfg.NormallyClosed})
	return r
}

// run plays the whole life: looks at the line as button.Button does, ticks
// every 50 ms.
func (r *rig) run() {
	nextTick := tick
	for r.now = ms; r.now < r.tr.end && r.broken == ""; {
		on := r.look()
		r.see(on)
		if e, ok := r.decoder.Sample(r.now, gpio.Level(on != r.cfg.ActiveLow)); ok {
			r.step(Event{Kind: kindOf(e.Kind), At: e.At})
		}
		for ; nextTick <= r.now; nextTick += tick {
			r.answer()
		}
		pause := 4*ms + time.Duration(r.rng.IntN(3000))*time.Microsecond
		if r.decoder.Resting() {
			pause = 15*ms + time.Duration(r.rng.IntN(6000))*time.Microsecond
		}
		r.now += pause
	}
}

func (r *rig) look() bool {
	for r.now >= r.tr.parts[r.part].until {
		r.part++
	}
	p := r.tr.parts[r.part]
	return p.on != (r.rng.IntN(100) < p.noise)
}

func kindOf(k button.Kind) Kind {
	return map[button.Kind]Kind{button.Up: Up, button.Down: Down, button.Stuck: Stuck,
		button.Cut: Cut, button.Recovered: Recovered}[k]
}

// answer plays the world's side of a tick.
func (r *rig) answer() {
	due := func(at *time.Duration) bool {
		if *at == 0 || r.now < *at {
			return false
		}
		*at = 0
		return true
	}
	if due(&r.checksAt) {
		e := Event{Kind: ChecksDone, At: r.now, Attempt: r.s.Attempt}
		if r.fails {
			e.Failed = []string{"camera"}
		}
		r.step(e)
	}
	if due(&r.stoppedAt) {
		r.step(Event{Kind: Stopped, At: r.now, Attempt: r.s.Attempt})
	}
	facts := Facts{Connected: true, LineOK: true}
	if out(r.s) && r.ackAt > 0 && r.now >= r.ackAt {
		facts.LastAck = r.now
	}
	r.step(Event{Kind: Tick, At: r.now, Facts: facts})
}

// step plays one event and checks the promises.
func (r *rig) step(e Event) {
	before := r.s
	after, actions := Step(before, e)
	r.s = after
	for _, a := range actions {
		switch {
		case a.Do == RunChecks:
			r.checksAt, r.fails = r.now+time.Duration(1+r.rng.IntN(2500))*ms, !r.reliable && r.rng.IntN(5) == 0
		case a.Do == StartPublishing:
			r.starts++
			r.ackAt = r.now + time.Duration(1+r.rng.IntN(1000))*ms
			if after.checks != gatePassed || !after.holdDone {
				r.fail("published without a passed gate and a hold")
			}
		case a.Do == StopPublishing:
			r.stoppedAt = r.now + time.Duration(1+r.rng.IntN(4000))*ms // at times too late
		case a.Code == "stopped_button" && out(before):
			r.stops++
			r.judge("stop", before.Config.StopHold, e)
		}
	}
	if after.holdDone && !before.holdDone {
		r.judge("start", before.Config.Hold, e)
		r.holding = e.Kind != Up
	}
	if e.Kind == Up || e.Kind == Recovered {
		r.holding = false
	}
	if r.holding && (e.Kind == Stuck || e.Kind == Cut) && (out(after) || after.Phase == Checking || after.Phase == Countdown) {
		r.fail("what a stuck line asked for goes on")
	}
	if after.Phase == Stopping && after.Now-after.Since >= StopWithin {
		r.fail("stopping lasts %v", after.Now-after.Since)
	}
}

func (r *rig) fail(format string, args ...any) {
	if r.broken == "" {
		r.broken = fmt.Sprintf("at %v: ", r.now) + fmt.Sprintf(format, args...)
	}
}

// judge asks the line itself, which knows neither debounce nor machine, whether
// a finger held it cleanly for long enough, and for the first time.
func (r *rig) judge(what string, need time.Duration, e Event) {
	from, to := r.now-need, r.now
	if r.cfg.NormallyClosed { // told by the release, which takes its debounce time
		from, to = from+30*ms, to-60*ms
		if e.Kind != Up {
			r.fail("%s by a normally closed line that is still open", what)
		}
	}
	if r.cfg.NormallyClosed && what == "start" && r.closedFor() > need+releaseWithin+100*ms {
		r.fail("start by a line that was open for %v", r.closedFor())
	}
	released, dropouts, longest := false, 0, time.Duration(0)
	for _, g := range r.gaps {
		switch end := min(g.end, r.now); {
		case end <= from+7*ms:
			released = released || end-g.start >= 14*ms && end > r.used
		case g.start < to:
			dropouts++
			longest = max(longest, min(end, to)-max(g.start, from))
		}
	}
	switch {
	case !released:
		r.fail("%s without a release since power-on or since %v", what, r.used)
	case longest >= 34*ms:
		r.fail("%s by %v though the contact was open for %v of the last %v", what, e.Kind, longest, need)
	case dropouts > 12+int(need/(250*ms)):
		r.fail("%s by a loose wire: %d drop-outs", what, dropouts)
	}
	r.used = r.now
}

// closedFor is how long the last whole press lasted, by the line itself.
func (r *rig) closedFor() time.Duration {
	to := r.now
	for _, g := range slices.Backward(r.gaps) {
		if length := min(g.end, r.now) - g.start; length < 14*ms {
			continue
		} else if g.end >= r.now {
			to = g.start
			continue
		}
		return to - g.end
	}
	return to
}

// gap is a time in which every look found the contact open.
type gap struct{ start, end time.Duration }

// see keeps the gaps.
func (r *rig) see(on bool) {
	last := len(r.gaps) - 1
	switch {
	case !on && !r.open:
		r.gaps = append(r.gaps, gap{r.now, r.now + time.Hour})
	case on && r.open:
		r.gaps[last].end = r.now
	}
	r.open = !on
}

// TestNoRandomTraceStartsOrStopsWithoutACleanHold joins the button's decoder
// and the machine, as the conductor does, over many random lives of a line:
// bounces, glitches, taps, double presses, holds around the limits, loose
// wires, presses held at power-on, stuck buttons and cut lines.
func TestNoRandomTraceStartsOrStopsWithoutACleanHold(t *testing.T) {
	var next, starts, stops atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for !t.Failed() {
				seed := next.Add(1)
				if seed > lives {
					return
				}
				r := newRig(uint64(seed))
				r.run()
				starts.Add(int64(r.starts))
				stops.Add(int64(r.stops))
				if r.broken != "" {
					t.Errorf("seed %d: %s", seed, r.broken)
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d lives, %d shows started, %d stopped by hand", lives, starts.Load(), stops.Load())
	if starts.Load() < lives/10 || stops.Load() < lives/100 {
		t.Error("too little happened for the test to mean something")
	}
}

// TestEveryCleanHoldIsObeyed is the other half: a clean press always works.
func TestEveryCleanHoldIsObeyed(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 9))
		r := newRig(seed)
		r.tr = &trace{}
		r.tr.add(rng, false, time.Duration(60+rng.IntN(500))*ms)
		r.tr.add(rng, true, time.Duration(1060+rng.IntN(3000))*ms)
		r.tr.add(rng, false, time.Duration(3000+rng.IntN(500))*ms)
		r.tr.add(rng, true, time.Duration(1560+rng.IntN(3000))*ms)
		r.tr.add(rng, false, 100*ms)
		r.reliable = true
		r.run()
		if r.broken != "" || r.starts != 1 || r.stops != 1 {
			t.Fatalf("seed %d: %d starts, %d stops; %s; %+v", seed, r.starts, r.stops, r.broken, r.s)
		}
	}
}
