package button

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
)

const ms = time.Millisecond

// line plays levels into a decoder, one look per step.
type line struct {
	t       *testing.T
	decoder Decoder
	cfg     Config
	now     time.Duration
	step    time.Duration
	events  []Event
}

func newLine(t *testing.T, cfg Config) *line {
	return &line{t: t, decoder: NewDecoder(cfg), cfg: cfg, now: 7 * ms, step: 5 * ms}
}

func (l *line) look(on bool) {
	if e, ok := l.decoder.Sample(l.now, gpio.Level(on != l.cfg.ActiveLow)); ok {
		l.events = append(l.events, e)
	}
	l.now += l.step
}

func (l *line) hold(on bool, lasts time.Duration) *line {
	for end := l.now + lasts; l.now < end; {
		l.look(on)
	}
	return l
}

// bounce alternates at every look.
func (l *line) bounce(lasts time.Duration) *line {
	for end, on := l.now+lasts, false; l.now < end; on = !on {
		l.look(on)
	}
	return l
}

func (l *line) expect(kinds ...Kind) {
	l.t.Helper()
	var got []Kind
	for _, e := range l.events {
		got = append(got, e.Kind)
	}
	if !slices.Equal(got, kinds) {
		l.t.Fatalf("events %v, want %v", got, kinds)
	}
}

func TestAReleasedLineSaysUpOnceAndThenNothing(t *testing.T) {
	newLine(t, Config{}).hold(false, time.Minute).expect(Up)
}

func TestAPressIsOneDownAndOneUp(t *testing.T) {
	l := newLine(t, Config{ActiveLow: true})
	l.hold(false, 100*ms).hold(true, 300*ms).hold(false, 100*ms)
	l.expect(Up, Down, Up)
	if took := l.events[2].At - l.events[1].At; took < 295*ms || took > 305*ms {
		t.Errorf("a press of 300 ms took %v between its events", took)
	}
}

func TestBouncesAreNoSecondPress(t *testing.T) {
	l := newLine(t, Config{})
	l.step = ms
	l.hold(false, 100*ms).bounce(8*ms).hold(true, 100*ms).bounce(8*ms).hold(false, 100*ms)
	l.expect(Up, Down, Up)
}

func TestAGlitchIsNoPress(t *testing.T) {
	l := newLine(t, Config{}).hold(false, 100*ms)
	for range 100 {
		l.hold(true, 10*ms).hold(false, 40*ms)
	}
	l.expect(Up)
}

func TestAPressHeldAtPowerOnIsNoPressUntilReleased(t *testing.T) {
	newLine(t, Config{}).hold(true, 5*time.Second).hold(false, 50*ms).hold(true, 50*ms).expect(Up, Down)
}

func TestAGlitchAtPowerOnDoesNotMakeAHeldButtonAPress(t *testing.T) {
	newLine(t, Config{}).hold(true, 5*ms).hold(false, 15*ms).hold(true, 5*time.Second).expect()
}

func TestAButtonThatStaysDownIsStuckUntilReleased(t *testing.T) {
	newLine(t, Config{}).hold(false, 50*ms).hold(true, time.Minute).hold(false, 50*ms).
		hold(true, 50*ms).expect(Up, Down, Stuck, Recovered, Down)
}

func TestAButtonStuckAtPowerOnIsReported(t *testing.T) {
	newLine(t, Config{}).hold(true, 11*time.Second).hold(false, 50*ms).expect(Stuck, Recovered)
}

func TestAnOpenNormallyClosedLineIsCutNotStuck(t *testing.T) {
	cfg := Config{NormallyClosed: true}
	newLine(t, cfg).hold(false, 50*ms).hold(true, time.Minute).hold(false, 50*ms).
		expect(Up, Down, Cut, Recovered)
	newLine(t, cfg).hold(true, time.Minute).expect(Cut)
}

func TestALooseWireIsCutWhileItIsHeldAndNeedsRestToRecover(t *testing.T) {
	l := newLine(t, Config{}).hold(false, 50*ms).hold(true, 100*ms)
	for range 40 {
		l.hold(false, 5*ms).hold(true, 30*ms)
	}
	l.expect(Up, Down, Cut)
	l.hold(false, 450*ms).expect(Up, Down, Cut)
	l.hold(false, 100*ms).expect(Up, Down, Cut, Recovered)
}

func TestAFewDropOutsOverALongHoldAreForgiven(t *testing.T) {
	l := newLine(t, Config{}).hold(false, 50*ms)
	for range 9 {
		l.hold(true, 990*ms).hold(false, 5*ms)
	}
	l.expect(Up, Down)
}

func TestATimeThatFallsOrStandsIsNoEvidence(t *testing.T) {
	d := NewDecoder(Config{})
	for _, now := range []time.Duration{time.Hour, 0, 0, -time.Hour, 0} {
		if e, ok := d.Sample(now, gpio.Low); ok && now <= 0 {
			t.Fatalf("%v at %v", e, now)
		}
	}
}

// TestRandomPressesAreNeitherMissedNorDoubled plays more than 10^6 looks at
// presses and pauses of 50 ms and more, both ends bouncing for up to 8 ms,
// looked at as Button does it: every 5 ms with jitter, rarer while at rest.
func TestRandomPressesAreNeitherMissedNorDoubled(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	looks, presses := 0, 0
	for looks < 1_200_000 {
		cfg := Config{ActiveLow: rng.IntN(2) == 0}
		plan := randomPlan(rng)
		decoder := NewDecoder(cfg)
		var got []Event
		for now := time.Duration(0); now < plan.end; looks++ {
			level := gpio.Level(plan.at(now, rng) != cfg.ActiveLow)
			if e, ok := decoder.Sample(now, level); ok {
				got = append(got, e)
			}
			step := 4*ms + time.Duration(rng.IntN(3000))*time.Microsecond
			if decoder.Resting() {
				step = 15*ms + time.Duration(rng.IntN(6000))*time.Microsecond
			}
			now += step
		}
		presses += len(plan.press)
		checkPlan(t, plan, got)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d looks, %d presses", looks, presses)
}

// plan is what a finger means to do.
type plan struct {
	press  [][2]time.Duration
	end    time.Duration
	bounce time.Duration
}

func randomPlan(rng *rand.Rand) plan {
	p := plan{bounce: time.Duration(rng.IntN(8)) * ms}
	now := 100 * ms
	for range 20 {
		down := now + time.Duration(rng.IntN(1000))*ms/10
		up := down + p.bounce + 50*ms + time.Duration(rng.IntN(1000))*ms
		if rng.IntN(2) == 0 {
			up = down + p.bounce + 50*ms
		}
		p.press = append(p.press, [2]time.Duration{down, up})
		now = up + p.bounce + 50*ms
	}
	p.end = now + 100*ms
	return p
}

func (p plan) at(now time.Duration, rng *rand.Rand) bool {
	for _, press := range p.press {
		for i, change := range press {
			if now >= change && now < change+p.bounce {
				return rng.IntN(2) == 0
			}
			if now < change {
				return i == 1
			}
		}
	}
	return false
}

func checkPlan(t *testing.T, p plan, got []Event) {
	t.Helper()
	want := 1 + 2*len(p.press)
	if len(got) != want {
		t.Errorf("%d events for %d presses, want %d: %v", len(got), len(p.press), want, got)
		return
	}
	for i, press := range p.press {
		down, up := got[1+2*i], got[2+2*i]
		if down.Kind != Down || up.Kind != Up {
			t.Errorf("press %d reads %v %v", i, down.Kind, up.Kind)
		}
		if down.At < press[0] || down.At > press[0]+p.bounce+50*ms {
			t.Errorf("press at %v was seen at %v", press[0], down.At)
		}
		if up.At < press[1] || up.At > press[1]+p.bounce+50*ms {
			t.Errorf("release at %v was seen at %v", press[1], up.At)
		}
	}
}
