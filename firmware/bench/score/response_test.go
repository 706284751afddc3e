package score

import (
	"slices"
	"testing"
	"time"
)

// steady makes samples at 30 a second from a schedule of (seconds, kbit/s).
func steady(schedule ...[2]float64) produced {
	var samples []sample
	w := seconds30(0)
	n := 0
	for _, entry := range schedule {
		for range int(entry[0]*30 + 0.5) {
			samples = append(samples, sample{captured: w.capture(n), bytes: int(entry[1]*1000/8/30 + 0.5)})
			n++
		}
	}
	return newProduced(samples)
}

func TestARiseLastsUntilASecondIsProducedAt90PercentOfTheNewCapacity(t *testing.T) {
	s := []step{{at: 10 * time.Second, until: 30 * time.Second, from: 600, to: 6000}}
	// 5,400 kbit/s from 14 s on: the first full second of it ends at 15 s. The
	// frame at 14.0 s is the first one in it.
	got := rises(s, steady([2]float64{10, 600}, [2]float64{4, 3000}, [2]float64{16, 5410}), 6000)
	if len(got) != 1 || !got[0].Reached || !near1(got[0].Seconds, 5) {
		t.Errorf("rise %+v, want 5 s", got)
	}
	got = rises(s, steady([2]float64{10, 600}, [2]float64{30, 5300}), 6000)
	if len(got) != 1 || got[0].Reached || !near1(got[0].Seconds, 20) {
		t.Errorf("rise %+v, want not reached in 20 s", got)
	}
	got = rises(s, steady([2]float64{10, 600}, [2]float64{30, 3650}), 4000)
	if len(got) != 1 || !got[0].Reached || got[0].Seconds > 1.01 {
		t.Errorf("rise to a ceiling of 4,000: %+v, want within 1 s", got)
	}
}

func TestAnOldBacklogThatRushesThroughIsNoRise(t *testing.T) {
	// Produced at 600 kbit/s throughout; that it all arrives at once at 10 s
	// changes nothing of when it was captured.
	s := []step{{at: 10 * time.Second, until: 30 * time.Second, from: 600, to: 6000}}
	if got := rises(s, steady([2]float64{40, 600}), 6000); got[0].Reached {
		t.Errorf("rise %+v", got)
	}
}

func TestTheProducedRateTakesEachSampleOnce(t *testing.T) {
	p := newProduced([]sample{{captured: 2 * time.Second, bytes: 500}, {captured: time.Second, bytes: 125}, {captured: 0, bytes: 1000}})
	if got := p.mean(0, time.Second); !near1(got, 1) {
		t.Errorf("(0, 1 s] = %v, want 1 kbit/s", got)
	}
	if got := p.mean(time.Second, 2*time.Second); !near1(got, 4) {
		t.Errorf("(1 s, 2 s] = %v, want 4 kbit/s", got)
	}
}

func TestAFallPeaksAtTheGreatestDelayWithinTenSecondsOfIt(t *testing.T) {
	w := seconds30(60)
	s := []step{{at: 20 * time.Second, until: 40 * time.Second, from: 6000, to: 1500}}
	frames := slices.Concat(
		arriving(w, 9*time.Second, 100),   // captured at 3.3 s, came at 12.3 s: before it
		arriving(w, 700*ms, 585),          // captured at 19.5 s, came at 20.2 s
		arriving(w, 400*ms, 610),          // after it
		arriving(w, 8*time.Second, 31*30), // captured at 31 s: no longer its fault
	)
	if got := falls(s, w, frames); len(got) != 1 || !near1(got[0].PeakDelayMs, 700) {
		t.Errorf("fall %+v, want 700 ms", got)
	}
	late := append(frames, arriving(w, 25*time.Second, 620)...)
	if got := falls(s, w, late); !near1(got[0].PeakDelayMs, 25000) {
		t.Errorf("a frame of those seconds that came long after: %+v, want 25 s", got)
	}
	if got := falls(s, w, nil); !near1(got[0].PeakDelayMs, 10000) {
		t.Errorf("nothing came: %+v, want the ten seconds", got)
	}
	if got := rises(s, nil, 6000); len(got) != 0 {
		t.Errorf("a step down is a rise: %+v", got)
	}
}

func TestABlackoutIsOverWithTheFirstFreshFrame(t *testing.T) {
	w := seconds30(60)
	dark := []stretch{{from: 20 * time.Second, to: 25 * time.Second}}
	stale := arriving(w, 5200*ms, between(600, 620)...) // captured in the dark, came after it
	fresh := slices.Concat(
		arriving(w, 300*ms, between(735, 744)...), // the last was captured 200 ms before the end
		arriving(w, 300*ms, between(745, 760)...), // the first 167 ms before it
	)
	got := blackouts(dark, w, slices.Concat(stale, fresh), 60*time.Second)
	if len(got) != 1 || !got[0].Reached || !near1(got[0].FreshAfter, 745/30.0+0.3-25) || !near1(got[0].Seconds, 5) {
		t.Errorf("blackout %+v, want %v s", got, 745/30.0+0.3-25)
	}
	got = blackouts(dark, w, stale, 60*time.Second)
	if got[0].Reached || !near1(got[0].FreshAfter, 35) {
		t.Errorf("stale frames alone: %+v, want not reached in 35 s", got)
	}
}

func TestAFrameIsFreshOnlyWhenItCanBeDisplayed(t *testing.T) {
	w := seconds30(60)
	dark := []stretch{{from: 20 * time.Second, to: 25 * time.Second}}
	frames := arriving(w, 100*ms, 760)
	frames[0].Ready = 27 * time.Second
	if got := blackouts(dark, w, frames, 60*time.Second); !near1(got[0].FreshAfter, 2) {
		t.Errorf("blackout %+v, want 2 s", got)
	}
}

func TestChangesAreCountedFromTheLevelOfTheLastOne(t *testing.T) {
	for _, c := range []struct {
		name     string
		schedule [][2]float64
		want     int
	}{
		{"constant", [][2]float64{{20, 1000}}, 0},
		{"just within", [][2]float64{{10, 1000}, {10, 1190}}, 0},
		{"one step", [][2]float64{{10, 1000}, {10, 1230}}, 1},
		{"down and up", [][2]float64{{5, 1000}, {5, 700}, {5, 1000}}, 2},
		{"small steps add up", [][2]float64{{5, 1000}, {5, 1150}, {5, 1300}}, 1},
		{"silence", [][2]float64{{5, 1000}, {5, 0}, {5, 1000}}, 2},
	} {
		p := steady(c.schedule...)
		total := 0.0
		for _, entry := range c.schedule {
			total += entry[0]
		}
		if got := changes(p, 0, inSeconds(total), 0.20); got != c.want {
			t.Errorf("%s: %d changes, want %d", c.name, got, c.want)
		}
	}
}

func TestChangesPerMinuteNeedTwoSecondsToCompare(t *testing.T) {
	p := steady([2]float64{15, 1000}, [2]float64{15, 2000})
	if got := changesPerMinute(p, 0, 30*time.Second, 0.2); got == nil || !near1(*got, 2) {
		t.Errorf("changes per minute %v, want 2", got)
	}
	if got := changesPerMinute(p, 30*time.Second, 31*time.Second, 0.2); got != nil {
		t.Errorf("one second: %v, want none", *got)
	}
}
