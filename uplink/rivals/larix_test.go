package rivals

import (
	"testing"
	"time"

	"studiobox/uplink/rate"
)

// losing alters an observation so that frames are lost at the given times.
func losing(times ...time.Duration) func(*rate.Observation) {
	return func(o *rate.Observation) {
		for _, at := range times {
			if o.Now >= at {
				o.Dropped++
			}
		}
	}
}

func TestLarixFallsAtFourFramesLostWithinTenSeconds(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		lost []time.Duration
		want int
	}{
		"three":                              {[]time.Duration{5 * s, 6 * s, 7 * s}, 6000},
		"four":                               {[]time.Duration{5 * s, 6 * s, 7 * s, 8 * s}, 4243},
		"four over more than ten seconds":    {[]time.Duration{5 * s, 8 * s, 11 * s, 15*s + every}, 6000},
		"four at once":                       {[]time.Duration{5 * s, 5 * s, 5 * s, 5 * s}, 4243},
		"four more within 1.5 s of a change": {[]time.Duration{5 * s, 5 * s, 5 * s, 5 * s, 6 * s, 6 * s, 6 * s, 6 * s}, 4243},
		"four more after that":               {[]time.Duration{5 * s, 5 * s, 5 * s, 5 * s, 7 * s, 7 * s, 7 * s, 7 * s}, 3000},
	} {
		if d := drive(NewLarix(limits), 0, 20*s, losing(c.lost...)); d.Kbps != c.want {
			t.Errorf("%s: %d kbit/s, want %d", name, d.Kbps, c.want)
		}
	}
}

func TestLarixKeepsAQuarterOfTheFullRate(t *testing.T) {
	always := func(o *rate.Observation) { o.Dropped = uint64(o.Now / every) }
	if d := drive(NewLarix(limits), 0, 5*time.Minute, always); d.Kbps != 1500 {
		t.Errorf("%d kbit/s while frames are lost all the time, want a quarter of 6000", d.Kbps)
	}
}

func TestLarixRisesAfterEachCleanMinute(t *testing.T) {
	lost := losing(time.Second, time.Second, time.Second, time.Second) // 4243 from 1 s on
	for _, c := range []struct {
		until time.Duration
		want  int
	}{{60 * time.Second, 4243}, {62 * time.Second, 6000}, {5 * time.Minute, 6000}} {
		if d := drive(NewLarix(limits), 0, c.until, lost); d.Kbps != c.want {
			t.Errorf("after %v: %d kbit/s, want %d", c.until, d.Kbps, c.want)
		}
	}
	// One frame lost on the way puts the rise off, though it is not enough for a fall.
	lost = losing(time.Second, time.Second, time.Second, time.Second, 40*time.Second)
	if d := drive(NewLarix(limits), 0, 99*time.Second, lost); d.Kbps != 4243 {
		t.Errorf("59 s after a lost frame: %d kbit/s", d.Kbps)
	}
}

func TestLarixTakesNoNewCounterForALoss(t *testing.T) {
	restarted := func(o *rate.Observation) {
		o.Dropped = 1000
		if o.Now >= 10*time.Second {
			o.Dropped = 2
		}
	}
	if d := drive(NewLarix(limits), 0, 20*time.Second, restarted); d.Kbps != 6000 {
		t.Errorf("%d kbit/s although no frame was lost", d.Kbps)
	}
}
