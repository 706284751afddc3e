package rate

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// reach is the time from a moment until the rate has been on the right side
// of a limit.
func (s *sim) reach(from time.Duration, right func(kbps int) bool) time.Duration {
	for _, l := range s.log {
		if l.at >= from && right(l.decision.Kbps) {
			return l.at - from
		}
	}
	return time.Hour
}

func TestAStepOfTheLineIsFollowedDownAtOnceAndUpSoon(t *testing.T) {
	for _, cubic := range []bool{false, true} {
		for seed := range uint64(20) {
			s := newSim(seed, uplinkLimits, stairs(time.Hour, 0, 6000, 20, 1500, 40, 6000))
			s.cubic = cubic
			s.run(60 * time.Second)
			if down := s.reach(20*time.Second, func(kbps int) bool { return kbps < 1500 }); down > 450*ms {
				t.Errorf("seed %d, cubic %v: below 1.5 Mbit/s after %v", seed, cubic, down)
			}
			if up := s.reach(40*time.Second, func(kbps int) bool { return kbps > 5400 }); up > 8*time.Second {
				t.Errorf("seed %d, cubic %v: 90 %% after %v", seed, cubic, up)
			}
			if oldest := s.oldest(); oldest > 1500*ms {
				t.Errorf("seed %d, cubic %v: a frame came %v late", seed, cubic, oldest)
			}
		}
	}
}

// oldest is the longest delay of a picture.
func (s *sim) oldest() (longest time.Duration) {
	for _, a := range s.arrived {
		longest = max(longest, a.at-a.captured)
	}
	return longest
}

func TestFromATenthTheRateIsBackWithinEightSeconds(t *testing.T) {
	s := newSim(1, uplinkLimits, stairs(time.Hour, 0, 600, 30, 6000)).run(60 * time.Second)
	if up := s.reach(30*time.Second, func(kbps int) bool { return kbps > 5400 }); up > 8*time.Second {
		t.Errorf("0.6 -> 6 Mbit/s took %v to 90 %%", up)
	}
}

func TestASteadyLineIsUsedWellWithAShortQueue(t *testing.T) {
	for _, kbps := range []float64{500, 1000, 2000, 4000} {
		f := newSim(3, uplinkLimits, steady(kbps)).run(120 * time.Second).figures(30 * time.Second)
		t.Logf("%.0f kbit/s: use %.0f %%, p50 %v, p95 %v, %d changes", kbps, 100*f.use, f.p50, f.p95, f.changes)
		if f.use < 0.9 || f.p50 > 150*ms || f.p95 > 300*ms || f.freeze > 0 {
			t.Errorf("%.0f kbit/s: %+v", kbps, f)
		}
	}
}

func TestLossOfPacketsAloneCostsNoMoreThanItself(t *testing.T) {
	for _, loss := range []float64{0.01, 0.02, 0.05} {
		s := newSim(3, uplinkLimits, steady(4000))
		s.loss = loss
		if f := s.run(60 * time.Second).figures(10 * time.Second); f.use < 0.85 {
			t.Errorf("loss %.0f %%: use %.0f %%", 100*loss, 100*f.use)
		}
	}
}

func TestAfterABlackoutTheFirstPictureIsFresh(t *testing.T) {
	for _, out := range []float64{1, 3, 5, 10, 30} {
		s := newSim(2, uplinkLimits, stairs(time.Hour, 0, 4000, 20, 0, 20+out, 4000)).run(70 * time.Second)
		back := time.Duration((20 + out) * float64(time.Second))
		for _, a := range s.arrived {
			if a.at > back && a.at-a.captured < 500*ms && a.captured > back-500*ms {
				if a.at-back > 1200*ms {
					t.Errorf("blackout of %v s: first fresh picture %v after it", out, a.at-back)
				}
				break
			}
		}
		if f := s.figures(back + 5*time.Second); f.use < 0.8 {
			t.Errorf("blackout of %v s: use %.0f %% from 5 s after it", out, 100*f.use)
		}
	}
}

func TestAStaticSceneDoesNotLetTheRateRunAway(t *testing.T) {
	s := newSim(2, uplinkLimits, steady(2500))
	s.scene = func(at time.Duration) float64 {
		if at < 60*time.Second {
			return 0.1
		}
		return 1
	}
	s.run(80 * time.Second)
	if f := s.figures(60 * time.Second); f.p99 > time.Second || f.freeze > 0 || f.use < 0.7 {
		t.Errorf("motion after a minute of stillness: %+v", f)
	}
}

func TestASlowIngestIsToldAndFollowed(t *testing.T) {
	s := newSim(2, uplinkLimits, steady(6000))
	s.read = stairs(time.Hour, 0, 9000, 20, 2000)
	s.run(60 * time.Second)
	f := s.figures(25 * time.Second)
	if f.meanKbps < 1500 || f.p95 > 500*ms {
		t.Errorf("an ingest that reads 2 Mbit/s: %+v", f)
	}
	if d := s.log[len(s.log)-1].decision; d.CapacityKbps != 0 && d.CapacityKbps < 4000 {
		t.Errorf("the line was blamed: %+v", d)
	}
}

func TestAnOldKernelIsJudgedByTheQueue(t *testing.T) {
	s := newSim(2, uplinkLimits, stairs(time.Hour, 0, 6000, 20, 1500, 40, 6000))
	s.kernel = false
	s.run(60 * time.Second)
	if f := s.figures(5 * time.Second); f.use < 0.6 || f.p95 > 900*ms {
		t.Errorf("%+v", f)
	}
}

// TestTheRecordedLines holds nothing but what any line must: it is no tuning.
func TestTheRecordedLines(t *testing.T) {
	for name, line := range traces(t) {
		s := newSim(1, uplinkLimits, line)
		s.queue = time.Second
		f := s.run(240 * time.Second).figures(2 * time.Second)
		t.Logf("%-30s use %3.0f %% of %4.0f, shown@1s %4.0f, freeze@1s %4.1f s/min, @3s %4.0f, %4.1f, p50 %v p95 %v", name,
			100*f.use, f.capped, f.shown, f.freeze, f.shown3, f.freeze3, f.p50, f.p95)
		if f.use < 0.55 || f.p50 > 200*ms {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestWhateverTheLineDoes holds the properties on lines made at random.
func TestWhateverTheLineDoes(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 9))
			dark := seed%2 == 0
			s := newSim(seed, uplinkLimits, randomLine(random, dark))
			s.cubic = seed%3 == 0
			s.kernel = seed%5 != 0
			s.queue = time.Duration(100+random.IntN(900)) * ms
			s.run(130 * time.Second)
			for _, l := range s.log {
				if l.decision.Kbps < 300 || l.decision.Kbps > 6000 {
					t.Fatalf("%v: %+v", l.at, l.decision)
				}
				// In the dark a picture that is half sent cannot be dropped.
				if l.age > 1500*ms && !dark && s.kernel {
					t.Fatalf("%v: the queue is %v old", l.at, l.age)
				}
			}
			patience := 10 * time.Second
			if !s.kernel {
				patience *= 2
			}
			if up := s.reach(100*time.Second, func(kbps int) bool { return kbps > 5400 }); up > patience {
				t.Errorf("a free line after 100 s of trouble: 90 %% after %v", up)
			}
		})
	}
}

// randomLine changes every few seconds, to as little as nothing if it may go
// dark, and is free from 100 s on.
func randomLine(random *rand.Rand, dark bool) func(time.Duration) float64 {
	pairs := []float64{0, 3000}
	for at := 2.0; at < 100; at += 0.2 + random.ExpFloat64()*4 {
		kbps := 800 + random.Float64()*7200
		if dark && random.IntN(5) == 0 {
			kbps = 300 * max(0, random.Float64()-0.5)
		}
		pairs = append(pairs, at, kbps)
	}
	return stairs(time.Hour, append(pairs, 100, 8000)...)
}

func TestMoreLineIsMoreRate(t *testing.T) {
	last := 0.0
	for kbps := 400.0; kbps <= 6000; kbps *= 1.25 {
		mean := newSim(1, uplinkLimits, steady(kbps)).run(60 * time.Second).figures(20 * time.Second).meanKbps
		if mean < last {
			t.Errorf("a line of %.0f kbit/s gave %.0f, one of %.0f gave %.0f", kbps/1.25, last, kbps, mean)
		}
		last = mean
	}
}

func TestTheSameLineGivesTheSameDecisions(t *testing.T) {
	run := func() []sample {
		return newSim(4, uplinkLimits, stairs(10*time.Second, 0, 4000, 5, 900)).run(30 * time.Second).log
	}
	one, two := run(), run()
	for i := range one {
		if one[i] != two[i] {
			t.Fatalf("tick %d: %+v and %+v", i, one[i], two[i])
		}
	}
}
