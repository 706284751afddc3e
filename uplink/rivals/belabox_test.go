package rivals

import (
	"slices"
	"testing"
	"time"

	"studiobox/uplink/rate"
)

func TestBELABOXClimbsFromFloorToCeilingInTwentySevenSeconds(t *testing.T) {
	rule := NewBELABOX(limits)
	took := time.Duration(-1)
	for now := time.Duration(0); now < time.Minute && took < 0; now += every {
		if rule.Step(clean(now)).Kbps == 6000 {
			took = now
		}
	}
	if took < 26*time.Second || took > 28*time.Second {
		t.Errorf("0.3 to 6 Mbit/s took %v on a clean line, published constants give 27 s", took)
	}
}

func TestBELABOXHandsTheEncoderFullHundreds(t *testing.T) {
	rule := NewBELABOX(limits)
	for now := time.Duration(0); now < 30*time.Second; now += every {
		if d := rule.Step(clean(now)); d.Kbps%100 != 0 {
			t.Fatalf("%v: %d kbit/s", now, d.Kbps)
		}
	}
}

// climbed is a rule that has reached the ceiling, with some packets in flight.
func climbed(t *testing.T, packets int) *BELABOX {
	t.Helper()
	rule := NewBELABOX(limits)
	steady := func(o *rate.Observation) { o.InFlight = packets * belaboxPacket }
	if d := drive(rule, 0, time.Minute, steady); d.Kbps != 6000 {
		t.Fatalf("%d kbit/s after a minute", d.Kbps)
	}
	return rule
}

// change is one change of the rate.
type change struct {
	at time.Duration // since the line was altered
	by int           // kbit/s
}

// answer is how a climbed rule answers a line that is altered from then on;
// alter is told the time since.
func answer(rule *BELABOX, lasting time.Duration, alter func(*rate.Observation, time.Duration)) (all []change) {
	last := 6000
	for now := time.Minute + every; now <= time.Minute+lasting; now += every {
		o := clean(now)
		alter(&o, now-time.Minute)
		if d := rule.Step(o); d.Kbps != last {
			all, last = append(all, change{now - time.Minute, d.Kbps - last}), d.Kbps
		}
	}
	return all
}

func TestBELABOXJudgesTheRoundTripByPartsOfItsLatency(t *testing.T) {
	for name, c := range map[string]struct {
		rtt  time.Duration
		want []change
	}{
		"a third of it drops to the floor at once":          {667 * ms, []change{{every, -5700}}},
		"less takes 100 and a tenth, again every 250 ms":    {666 * ms, []change{{every, -700}, {300 * ms, -700}}}, // 5300, 4670
		"a fifth of it takes nothing if it comes at a jump": {400 * ms, nil},                                       // which counts as jitter
	} {
		got := answer(climbed(t, 30), 500*ms, func(o *rate.Observation, _ time.Duration) {
			o.InFlight, o.RTT = 30*belaboxPacket, c.rtt
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestBELABOXTakesAHundredEachTwoHundredMillisecondsOfARisingRoundTrip(t *testing.T) {
	got := answer(climbed(t, 30), 2*time.Second, func(o *rate.Observation, since time.Duration) {
		o.InFlight, o.RTT = 30*belaboxPacket, 80*ms+since/25 // 40 ms each second
	})
	steady(t, got, -100, 200*ms)
}

// steady checks that there are changes, all of one size and one distance.
func steady(t *testing.T, got []change, by int, apart time.Duration) {
	t.Helper()
	if len(got) < 3 {
		t.Fatalf("changes: %v", got)
	}
	for i, c := range got {
		if c.by != by || i > 0 && c.at-got[i-1].at != apart {
			t.Errorf("change %d is %v after %v, want %d each %v", i, c, got[max(0, i-1)], by, apart)
		}
	}
}

// growing is a buffer that grows by some packets each step, up to a most.
func growing(from, each, most int) func(*rate.Observation, time.Duration) {
	return func(o *rate.Observation, since time.Duration) {
		o.InFlight = 0
		o.QueuedBytes = min(most, from+int(since/every)*each) * belaboxPacket
		o.Acked += uint64(max(0, from*belaboxPacket)) // what was in flight has come through
	}
}

func TestBELABOXJudgesTheBufferByItsAverage(t *testing.T) {
	if got := answer(climbed(t, 30), 3*time.Second, growing(30, 1, 49)); got != nil {
		t.Errorf("less than fifty packets: %v", got)
	}
	slow := answer(climbed(t, 30), 2500*ms, growing(30, 1, 70))
	// Fifty is passed after 21 steps, average and jitter a little later.
	if len(slow) < 2 || slow[0].at < 1050*ms || slow[0].by != -100 || slow[1] != (change{slow[0].at + 200*ms, -100}) {
		t.Errorf("more than fifty packets take a hundred each 200 ms: %v", slow)
	}
	fast := answer(climbed(t, 30), 1500*ms, growing(30, 5, 1000))
	if i := slices.IndexFunc(fast, func(c change) bool { return c.by <= -600 }); i < 0 || fast[len(fast)-1].by == -100 {
		t.Errorf("twice the average takes a tenth too: %v", fast)
	}
	floor := answer(climbed(t, 2), 1500*ms, growing(2, 10, 1000))
	if i := slices.IndexFunc(floor, func(c change) bool { return c.by < -1000 }); i < 0 {
		t.Errorf("four times average and jitter drops to the floor: %v", floor)
	}
}

func TestBELABOXFallsToTheFloorInABlackout(t *testing.T) {
	rule := climbed(t, 30)
	stop := clean(time.Minute).Acked
	answer(rule, 6*time.Second, func(o *rate.Observation, _ time.Duration) {
		o.InFlight, o.Acked = 30*belaboxPacket, stop // all that is produced stays in the queue
		o.QueuedBytes = int(clean(o.Now).Acked - stop)
	})
	if rule.kbps != 300 {
		t.Errorf("%.0f kbit/s after six seconds without a byte", rule.kbps)
	}
}

func TestBELABOXDoesNotTakeLibsrtsUnsetRoundTripForAMinimum(t *testing.T) {
	trip := newBelaboxTrip()
	for range 500 {
		trip.add(0)
	}
	if trip.last != 100 || trip.least < 200 {
		t.Errorf("unknown round trips count as %v ms and make a minimum of %v", trip.last, trip.least)
	}
	for range 500 {
		trip.add(80 * ms)
	}
	if trip.least < 80 || trip.least > 80.1 {
		t.Errorf("a minimum of %v ms at 80 ms", trip.least)
	}
}

func TestBELABOXStartsAnewOnANewConnection(t *testing.T) {
	rule := climbed(t, 30)
	if d := rule.Step(rate.Observation{Now: time.Minute + every}); d.Kbps != 300 || d.Reason != rate.Outage {
		t.Errorf("without a connection: %+v", d)
	}
	if d := drive(rule, time.Minute+2*every, time.Minute+28*time.Second, nil); d.Kbps != 6000 {
		t.Errorf("28 s into the next: %d kbit/s", d.Kbps)
	}
}

func TestBELABOXTicksByTimeNotByCalls(t *testing.T) {
	slow, fast := NewBELABOX(limits), NewBELABOX(limits)
	for now := time.Duration(0); now <= 20*time.Second; now += 100 * ms {
		slow.Step(clean(now))
	}
	for now := time.Duration(0); now <= 20*time.Second; now += 20 * ms {
		fast.Step(clean(now))
	}
	if a, b := slow.Step(clean(20*time.Second)).Kbps, fast.Step(clean(20*time.Second)).Kbps; a != b {
		t.Errorf("stepped each 100 ms it is at %d kbit/s, each 20 ms at %d", a, b)
	}
}
