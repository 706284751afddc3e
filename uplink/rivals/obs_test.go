package rivals

import (
	"testing"
	"time"

	"studiobox/uplink/rate"
)

// narrow is a line of a rate with video waiting in front of it since a time.
func narrow(kbps int, since time.Duration) func(*rate.Observation) {
	return func(o *rate.Observation) {
		o.Acked = uint64(o.Now/ms) * uint64(kbps) / 8
		if o.Now >= since {
			o.QueueAge, o.QueuedBytes, o.InFlight = 300*ms, 50_000, 20_000
		}
	}
}

func TestOBSFallsToWhatWasSentRoundedDown(t *testing.T) {
	for name, c := range map[string]struct {
		kbps, audio, want int
	}{
		"to full hundreds":                      {2590, 0, 2500},
		"less the sound, which is kept":         {2590, 160, 2400 + 160},
		"never below the floor":                 {120, 0, 300},
		"not at all when more gets through":     {7000, 0, 6000},
		"at an estimate that is exactly a step": {2000, 0, 2000},
	} {
		rule := NewOBS(limits, c.audio)
		if d := drive(rule, 0, 3*time.Second, narrow(c.kbps, 0)); d.Kbps != c.want {
			t.Errorf("%s: %d kbit/s, want %d", name, d.Kbps, c.want)
		}
	}
}

func TestOBSWaitsForTwoHundredMillisecondsOfVideo(t *testing.T) {
	for age, want := range map[time.Duration]int{199 * ms: 6000, 200 * ms: 2500} {
		slow := narrow(2590, 0)
		d := drive(NewOBS(limits, 0), 0, 3*time.Second, func(o *rate.Observation) { slow(o); o.QueueAge = age })
		if d.Kbps != want {
			t.Errorf("%v of video waiting: %d kbit/s, want %d", age, d.Kbps, want)
		}
	}
}

func TestOBSNeedsASecondOfSendingForAnEstimate(t *testing.T) {
	if d := drive(NewOBS(limits, 0), 0, 900*ms, narrow(1000, 0)); d.Kbps != 6000 {
		t.Errorf("%d kbit/s after 0.9 s", d.Kbps)
	}
	if d := drive(NewOBS(limits, 0), 0, 1200*ms, narrow(1000, 0)); d.Kbps > 1000 {
		t.Errorf("%d kbit/s after 1.2 s", d.Kbps)
	}
}

func TestOBSReturnsToItsOriginalRateInFortySeconds(t *testing.T) {
	rule := NewOBS(limits, 0)
	const free = 3 * time.Second
	drive(rule, 0, free, narrow(120, 0)) // down to 100, shown as the floor
	took := time.Duration(-1)
	last := 0
	for now := free + every; now < 2*time.Minute && took < 0; now += every {
		d := rule.Step(clean(now))
		if up := d.Kbps - last; last > 300 && up > 0 && up != 600 && d.Kbps < 6000 {
			t.Errorf("%v: a step up by %d kbit/s, want a tenth of the original rate", now, up)
		}
		if last = d.Kbps; last == 6000 {
			took = now - free
		}
	}
	if took < 36*time.Second || took > 40*time.Second {
		t.Errorf("back at the original rate after %v, published constants give 36 to 40 s", took)
	}
}

func TestOBSTakesBackAStepThatMadeTheQueueGrow(t *testing.T) {
	rule := NewOBS(limits, 0)
	drive(rule, 0, 2*time.Second, narrow(2590, 0)) // 2500, next step up 4 s later
	low := drive(rule, 2*time.Second+every, 4*time.Second, narrow(2590, time.Hour)).Kbps
	high := drive(rule, 4*time.Second+every, 6*time.Second, narrow(8000, time.Hour)).Kbps
	if low != 2500 || high != 3100 {
		t.Fatalf("%d, then %d kbit/s, want 2500 and a step up to 3100", low, high)
	}
	// The estimate is above the rate, and video waits all the same.
	if d := drive(rule, 6*time.Second+every, 7*time.Second, narrow(8000, 0)); d.Kbps != 2500 {
		t.Errorf("%d kbit/s, want the rate before the step", d.Kbps)
	}
}

func TestOBSRemembersAStallAsOneLongSending(t *testing.T) {
	rule := NewOBS(limits, 0)
	drive(rule, 0, 10*time.Second, nil)
	stall := func(o *rate.Observation) {
		o.Acked = clean(10 * time.Second).Acked
		o.QueueAge, o.QueuedBytes, o.InFlight = o.Now-10*time.Second, 400_000, 40_000
	}
	if d := drive(rule, 10*time.Second+every, 15*time.Second, stall); d.Kbps < 3900 {
		t.Errorf("%d kbit/s in the stall: no packet has told yet what it took", d.Kbps)
	}
	freed := func(o *rate.Observation) {
		stall(o)
		o.Acked += uint64((o.Now-15*time.Second)/ms) * 500
	}
	if d := drive(rule, 15*time.Second+every, 15*time.Second+2*every, freed); d.Kbps > 2500 {
		t.Errorf("%d kbit/s after it: the five seconds count in the estimate", d.Kbps)
	}
}

func TestOBSStartsAConnectionAtItsOriginalRate(t *testing.T) {
	rule := NewOBS(limits, 0)
	drive(rule, 0, 3*time.Second, narrow(1000, 0))
	if d := rule.Step(rate.Observation{Now: 4 * time.Second}); d.Kbps != 6000 {
		t.Errorf("%d kbit/s while it connects again", d.Kbps)
	}
}
