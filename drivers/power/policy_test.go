package power

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// camera plays facts into a policy, one step a second.
type camera struct {
	policy *Policy
	now    time.Duration
	cycles []time.Duration
	last   Decision
}

func newCamera() *camera { return &camera{policy: NewPolicy(PolicyConfig{PerHour: 100})} }

func (c *camera) play(f Facts, lasts time.Duration) *camera {
	for end := c.now + lasts; c.now < end; c.now += time.Second {
		c.last = c.policy.Step(c.now, f)
		if c.last.Code == Cycle {
			c.cycles = append(c.cycles, c.now)
		}
	}
	return c
}

func (c *camera) expect(t *testing.T, minutes ...float64) {
	t.Helper()
	var got []float64
	for _, at := range c.cycles {
		got = append(got, at.Minutes())
	}
	if !slices.Equal(got, minutes) {
		t.Errorf("cycles after %v minutes, want %v", got, minutes)
	}
}

var (
	good   = Facts{Good: true}
	hung   = Facts{}
	forbid = Facts{Forbid: true}
)

func TestAGoodCameraIsNeverCycled(t *testing.T) {
	newCamera().play(good, 24*time.Hour).expect(t)
}

func TestTheWaitsGrowAndTheLastIsRepeated(t *testing.T) {
	c := newCamera().play(good, 10*time.Minute).play(hung, 4*time.Hour)
	c.expect(t, 11, 13, 18, 33, 93, 153, 213)
	if !c.last.Spent || newCamera().play(hung, 20*time.Minute).last.Spent {
		t.Error("cycles are spent from the fourth on, not before")
	}
}

func TestACameraThatHangsFromTheStartIsCycledToo(t *testing.T) {
	newCamera().play(hung, 2*time.Minute).expect(t, 1)
}

func TestAShortGapInThePicturesIsNoHang(t *testing.T) {
	c := newCamera()
	for range 100 {
		c.play(hung, 59*time.Second).play(good, 2*time.Second)
	}
	c.expect(t)
}

func TestAFewGoodPicturesDoNotShortenTheWait(t *testing.T) {
	c := newCamera().play(hung, 2*time.Minute).play(good, 58*time.Minute).play(hung, 3*time.Minute)
	c.expect(t, 1, 62)
}

func TestAnHourOfGoodPicturesForgives(t *testing.T) {
	c := newCamera().play(hung, 2*time.Minute).play(good, 61*time.Minute).play(hung, 2*time.Minute)
	c.expect(t, 1, 64)
	c = newCamera().play(hung, 2*time.Minute).play(good, 40*time.Minute).play(hung, time.Second).
		play(good, 40*time.Minute).play(hung, 2*time.Minute)
	c.expect(t, 1) // a gap begins the hour anew
}

func TestNothingIsCycledAgainstAWishAndAWaitFollowsIt(t *testing.T) {
	c := newCamera().play(hung, 30*time.Second).play(forbid, 5*time.Hour)
	c.expect(t)
	if c.last.Code != Forbidden {
		t.Errorf("the reason is %s", c.last.Code)
	}
	c.play(hung, 2*time.Minute).expect(t, 301.5)
}

func TestAnHourHasNoMoreCyclesThanItMay(t *testing.T) {
	c := newCamera()
	c.policy = NewPolicy(PolicyConfig{PerHour: 2})
	c.play(hung, 40*time.Minute)
	c.expect(t, 1, 3)
	if c.last.Code != Limited || c.last.In != 61*time.Minute-c.now+time.Second {
		t.Errorf("%+v at %v", c.last, c.now)
	}
	c.play(hung, 40*time.Minute).expect(t, 1, 3, 61, 76)
}

func TestADecisionTellsWhenTheNextCycleIsDue(t *testing.T) {
	p := NewPolicy(PolicyConfig{})
	p.Step(0, hung)
	if d := p.Step(20*time.Second, hung); d != (Decision{Code: Waiting, In: 40 * time.Second}) {
		t.Errorf("got %+v", d)
	}
	if d := p.Step(60*time.Second, hung); d != (Decision{Code: Cycle}) {
		t.Errorf("got %+v", d)
	}
	if d := p.Step(60*time.Second, hung); d != (Decision{Code: Waiting, In: 2 * time.Minute}) {
		t.Errorf("the same moment gives %+v", d)
	}
}

func TestATimeThatFallsCyclesNothing(t *testing.T) {
	p := NewPolicy(PolicyConfig{})
	p.Step(time.Hour, hung)
	for _, now := range []time.Duration{0, -time.Hour, time.Minute, time.Hour} {
		if d := p.Step(now, hung); d.Code != Waiting || d.In != time.Minute {
			t.Errorf("%+v at %v", d, now)
		}
	}
}

// TestNoRandomDayBreaksThePromises plays random days, stepped at random times.
func TestNoRandomDayBreaksThePromises(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	total := 0
	for range 300 {
		p := NewPolicy(PolicyConfig{PerHour: 1 + rng.IntN(4)})
		var cycles []time.Duration
		facts, hungFor, now := good, time.Duration(0), time.Duration(0)
		for now < 24*time.Hour {
			step := time.Duration(1+rng.IntN(30)) * time.Second
			now += step
			was := facts
			if rng.IntN(40) == 0 {
				facts = Facts{Good: rng.IntN(2) == 0, Forbid: rng.IntN(4) == 0}
			}
			if hungFor += step; facts != hung || was != hung {
				hungFor = 0
			}
			if p.Step(now, facts).Code != Cycle {
				continue
			}
			cycles = append(cycles, now)
			if facts.Good || facts.Forbid || hungFor < time.Minute {
				t.Fatalf("cycled at %v after %v with %+v", now, hungFor, facts)
			}
			if n := len(cycles) - 1 - p.cfg.PerHour; n >= 0 && now-cycles[n] < time.Hour {
				t.Fatalf("%d cycles since %v at %v", p.cfg.PerHour+1, cycles[n], now)
			}
		}
		total += len(cycles)
	}
	if total < 300 {
		t.Errorf("only %d cycles: too little happened", total)
	}
}
