package rate

import (
	"testing"
	"time"
)

const ms = time.Millisecond

// desk is a controller fed by hand, 50 ms at a time, on a line that carries
// what is produced unless a test says otherwise.
type desk struct {
	t   *testing.T
	c   *Controller
	obs Observation
	d   Decision
}

func newDesk(t *testing.T) *desk {
	k := &desk{t: t, c: New(uplinkLimits)}
	k.obs = Observation{Connected: true, Kernel: true, RTT: 80 * ms, MinRTT: 80 * ms}
	return k
}

// pass lets time go by with media acknowledged at a rate.
func (k *desk) pass(lasting time.Duration, ackedKbps int, alter func(*Observation)) Decision {
	for end := k.obs.Now + lasting; k.obs.Now < end; {
		k.obs.Now += 50 * ms
		k.obs.Acked += uint64(ackedKbps * 50 / 8)
		k.obs.Produced += uint64(k.c.kbps * 50 / 8)
		if alter != nil {
			alter(&k.obs)
		}
		k.d = k.c.Step(k.obs)
	}
	return k.d
}

// free lets the line carry all for a while.
func (k *desk) free(lasting time.Duration) Decision {
	k.obs.QueueAge, k.obs.QueuedBytes, k.obs.InFlight, k.obs.RTT = 0, 0, 0, k.obs.MinRTT
	for end := k.obs.Now + lasting; k.obs.Now < end; {
		k.pass(50*ms, int(k.c.kbps), nil)
	}
	return k.d
}

func (k *desk) want(reason Reason, least, most int) {
	k.t.Helper()
	if k.d.Reason != reason || k.d.Kbps < least || k.d.Kbps > most {
		k.t.Errorf("%+v, want %s with %d to %d kbit/s", k.d, reason, least, most)
	}
}

// aged makes a queue of a certain age, its head on the line and the rest on
// our side.
func aged(age time.Duration) func(*Observation) {
	return func(o *Observation) {
		head := min(age, 40*ms)
		o.QueueAge, o.QueuedBytes, o.RTT = age-head, 10000, o.MinRTT+jitter+head
		o.InFlight = 1 << 20 // on the line's queue
	}
}

func TestItBeginsAtTheStartAndClimbs(t *testing.T) {
	k := newDesk(t)
	k.free(50 * ms)
	k.want(Start, 1000, 1010)
	k.free(2 * time.Second)
	k.want(Start, 2500, 3600)
	k.free(3 * time.Second)
	k.want(Climb, 6000, 6000)
}

func TestAQueueThatStandsCutsToTheCapacityLessWhatDrainsIt(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	k.pass(600*ms, 4000, aged(300*ms))
	if k.d.CapacityKbps < 3900 || k.d.CapacityKbps > 5200 {
		t.Errorf("capacity told as %d", k.d.CapacityKbps)
	}
	if k.d.Kbps < 2500 || k.d.Kbps > 3600 {
		t.Errorf("%+v: a queue of 300 ms at 4 Mbit/s", k.d)
	}
}

func TestAKeyFramesBurstIsNoCongestion(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	before := k.d.Kbps
	for _, age := range []time.Duration{60, 110, 160, 100, 40, 0, 0, 0} {
		k.pass(50*ms, before, aged(age*ms))
	}
	if k.d.Kbps < before {
		t.Errorf("%d -> %d after a burst of 300 ms", before, k.d.Kbps)
	}
}

func TestACapacityWellBelowTheRateIsSeenBeforeTheQueueStands(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	for i, age := range []time.Duration{30, 70, 110, 160, 220, 280} {
		k.pass(50*ms, 1500, aged(age*ms))
		if k.d.Reason == Capacity {
			if k.d.Kbps > 1500 {
				t.Errorf("cut to %d only", k.d.Kbps)
			}
			t.Logf("seen after %d ticks", i+1)
			return
		}
	}
	t.Errorf("not seen in 300 ms: %+v", k.d)
}

func TestAQueueOnTheLineCountsLikeOneOfOurOwn(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	k.pass(time.Second, 2000, func(o *Observation) { o.RTT = 300 * ms })
	if k.d.Kbps > 2000 {
		t.Errorf("%+v with a round trip of 300 ms instead of 80", k.d)
	}
}

func TestAfterACutItHolds(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	for range 20 {
		if k.pass(50*ms, 3000, aged(200*ms)); k.d.Reason == StandingQueue || k.d.Reason == Capacity {
			break
		}
	}
	cut := k.d.Kbps
	k.pass(100*ms, 3000, aged(200*ms))
	k.want(Hold, cut, cut)
}

func TestLossWithoutAQueueIsNoCongestion(t *testing.T) {
	k := newDesk(t)
	k.obs.Kernel = false
	k.obs.Loss = 0.05
	k.free(20 * time.Second)
	k.want(NoKernelStats, 6000, 6000)
}

func TestLossWithAQueueAndHeavyLossAre(t *testing.T) {
	for name, c := range map[string]struct {
		loss float64
		age  time.Duration
	}{"5 % with a queue": {0.05, 200 * ms}, "20 % without": {0.2, 0}} {
		k := newDesk(t)
		k.obs.Kernel = false
		k.free(20 * time.Second)
		k.pass(400*ms, 0, func(o *Observation) { o.QueueAge = c.age })
		before := k.d.Kbps
		k.pass(200*ms, 0, func(o *Observation) { o.Loss, o.QueueAge = c.loss, c.age })
		if k.d.Kbps >= before {
			t.Errorf("%s: %d -> %d", name, before, k.d.Kbps)
		}
	}
}

func TestASlowIngestIsFollowedAndNotBlamedOnTheLine(t *testing.T) {
	k := newDesk(t)
	k.free(6 * time.Second)
	k.pass(time.Second, 4000, aged(200*ms)) // the line has proved a capacity
	k.free(10 * time.Second)
	known := k.d.CapacityKbps
	k.pass(2*time.Second, 2000, func(o *Observation) { aged(150 * ms)(o); o.ReceiverLimited += 40 * ms })
	for k.d.Reason == Hold {
		k.pass(50*ms, 2000, func(o *Observation) { o.ReceiverLimited += 40 * ms })
	}
	k.want(ReceiverLimited, 1500, 2000)
	if k.d.CapacityKbps != known {
		t.Errorf("capacity of the line %d -> %d", known, k.d.CapacityKbps)
	}
}

func TestAnOverdueQueueIsFlushedOnceWithAKeyFrame(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	flushes := 0
	for range 18 {
		k.pass(50*ms, 1000, aged(1600*ms))
		if k.d.Flush {
			flushes++
			if !k.d.ForceKey || k.d.Kbps > 4500 {
				t.Errorf("flush: %+v", k.d)
			}
		}
	}
	if flushes != 1 {
		t.Errorf("%d flushes in 0.9 s", flushes)
	}
}

func TestABacklogThatTheLineCannotTakeInTimeIsFlushedBeforeItIsOld(t *testing.T) {
	for name, tc := range map[string]struct {
		bytes int
		want  int
	}{
		"a second's worth of the line": {125_000, 1},
		"a third of a second's worth":  {40_000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			k := newDesk(t)
			k.free(5 * time.Second)
			flushes := 0
			for range 10 {
				k.pass(50*ms, 1000, func(o *Observation) { aged(300 * ms)(o); o.QueuedBytes = tc.bytes })
				if k.d.Flush {
					flushes++
				}
			}
			if flushes != tc.want {
				t.Errorf("%d flushes in half a second, want %d", flushes, tc.want)
			}
		})
	}
}

func TestAShortSilenceIsAStallThatEncodesLessAndForgetsNothing(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	k.pass(time.Second, 3000, aged(150*ms))
	before := k.d
	k.pass(450*ms, 0, aged(400*ms))
	k.want(Stall, 300, before.Kbps/2)
	k.pass(450*ms, 0, aged(800*ms))
	k.want(Stall, 300, before.Kbps/8)
	k.pass(50*ms, 3000, aged(800*ms))
	if k.d.Flush || k.d.Kbps < before.Kbps*9/10 || k.d.CapacityKbps < before.CapacityKbps*9/10 {
		t.Errorf("%+v after a silence of 0.9 s, before it %+v", k.d, before)
	}
}

func TestAnOldQueueThinsThePicturesWithoutFreezingThem(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	longest, gap, let, offered := time.Duration(0), time.Duration(0), 0, 0
	for range 60 { // 25 ms each; the camera gives a picture at every second
		k.obs.Now += 25 * ms
		k.obs.Acked += 3000 * 25 / 8
		aged(500 * ms)(&k.obs)
		if gap += 25 * ms; offered%2 == 0 && !k.d.Skip {
			k.obs.Produced += 1000
			let++
			gap = 0
		}
		offered++
		longest = max(longest, gap)
		k.d = k.c.Step(k.obs)
	}
	if let > 15 || longest > 200*ms {
		t.Errorf("%d pictures in 1.5 s, the longest gap %v", let, longest)
	}
	if k.free(100 * ms); k.d.Skip {
		t.Error("pictures are left out although nothing waits")
	}
}

func TestAQueueInAFastClimbEndsItAtOnce(t *testing.T) {
	k := newDesk(t)
	k.free(2 * time.Second)
	before := k.d.Kbps
	k.pass(150*ms, before*9/10, aged(60*ms))
	k.want(Capacity, 300, before)
}

func TestSilenceWhileDataWaitsIsAnOutageWithAFreshStartAfterIt(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	k.pass(time.Second, 3000, aged(150*ms))
	capacity := k.d.CapacityKbps
	k.pass(1400*ms, 0, aged(1400*ms))
	k.want(Outage, 300, int(0.7*float64(capacity))+1)
	k.pass(50*ms, 1000, aged(1600*ms))
	if !k.d.Flush || !k.d.ForceKey {
		t.Errorf("after the silence: %+v", k.d)
	}
	k.free(time.Second)
	if k.d.Reason == Outage {
		t.Errorf("still told as an outage: %+v", k.d)
	}
}

func TestAnIdleLineIsNoOutage(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	k.pass(3*time.Second, 0, nil)
	if k.d.Reason == Outage {
		t.Errorf("%+v with nothing to send", k.d)
	}
}

func TestALostConnectionIsAnOutageAndANewOneBeginsBelowTheKnownCapacity(t *testing.T) {
	k := newDesk(t)
	k.free(5 * time.Second)
	k.pass(time.Second, 3000, aged(150*ms))
	k.pass(2*time.Second, 0, func(o *Observation) { o.Connected, o.Acked = false, 0 })
	k.want(Outage, 300, 2600)
	k.pass(50*ms, 0, func(o *Observation) { *o = Observation{Now: o.Now, Connected: true, Kernel: true, QueueAge: 800 * ms} })
	if k.d.Flush {
		t.Error("a new connection's first tick dropped what waited for it")
	}
	k.free(time.Second)
	if k.d.Kbps < 1500 || k.d.Kbps > 4500 {
		t.Errorf("a second after the new connection: %+v", k.d)
	}
}

func TestTheRateStaysWithinReachOfWhatIsDelivered(t *testing.T) {
	k := newDesk(t)
	k.pass(60*time.Second, 1200, nil)
	k.want(AppLimited, 2100, 2200)
}

func TestWithoutKernelStatisticsTheQueueAloneIsJudged(t *testing.T) {
	k := newDesk(t)
	k.obs.Kernel = false
	k.free(10 * time.Second)
	k.want(NoKernelStats, 3000, 6000)
	before := k.d.Kbps
	k.pass(time.Second, 0, func(o *Observation) { o.QueueAge, o.QueuedBytes = 400*ms, o.QueuedBytes+5000 })
	if k.d.Kbps > before*9/10 {
		t.Errorf("%d -> %d with a queue of 400 ms", before, k.d.Kbps)
	}
}

func TestAQueueThatIsJustThereIsTrimmedWithoutACut(t *testing.T) {
	k := newDesk(t)
	k.free(6 * time.Second)
	k.pass(700*ms, 5500, aged(60*ms))
	k.want(Hold, 5100, 5300)
}

func TestAQueueThatAgedWithoutAConnectionIsNotTheLines(t *testing.T) {
	k := newDesk(t)
	k.free(6 * time.Second)
	k.pass(time.Second, 0, func(o *Observation) { o.Connected = false; aged(900 * ms)(o) })
	k.obs.Connected, k.obs.Acked = true, 0
	for _, age := range []time.Duration{700, 400, 200, 130} {
		k.pass(50*ms, 3000, aged(age*ms))
		if k.d.Reason != Start && k.d.Reason != Hold {
			t.Errorf("%+v with a queue of %v from before the connection", k.d, age*ms)
		}
	}
}

func TestTheClimbIsGentleNearWhatTheIngestTook(t *testing.T) {
	k := newDesk(t)
	k.free(6 * time.Second)
	k.pass(2*time.Second, 2000, func(o *Observation) { aged(150 * ms)(o); o.ReceiverLimited += 40 * ms })
	k.free(1500 * ms)
	k.want(Probe, 1700, 2300)
}

func TestAQueueBeforeAnEmptyLineIsNotTheLines(t *testing.T) {
	k := newDesk(t)
	k.free(6 * time.Second)
	k.pass(500*ms, 600, func(o *Observation) { o.QueueAge, o.QueuedBytes = 300*ms, 200000 })
	k.want(Hold, 6000, 6000)
	k.pass(500*ms, 600, func(o *Observation) { o.QueueAge = 500 * ms })
	if k.d.Kbps > 5500 {
		t.Errorf("%+v although it waits for long", k.d)
	}
}

func TestABurstIsPacedAboveWhatTheLineIsKnownToCarry(t *testing.T) {
	k := newDesk(t)
	k.free(8 * time.Second)
	k.pass(time.Second, 3000, aged(500*ms))
	if k.d.PacingKbps < 3750 || k.d.PacingKbps > 4500 {
		t.Errorf("%+v while a queue drains at 3 Mbit/s: less would hide the line, more overflow its queue", k.d)
	}
	k.free(time.Second)
	if k.d.PacingKbps < 2*k.d.Kbps {
		t.Errorf("%+v on a free line", k.d)
	}
}

func TestOnceTheQueueHasDrainedTheRateIsBackAtTheLinesAtOnce(t *testing.T) {
	k := newDesk(t)
	k.free(8 * time.Second)
	k.pass(time.Second, 2000, aged(500*ms))
	if k.d.Kbps > 1500 {
		t.Fatalf("%+v: half a second is to be drained", k.d)
	}
	k.free(500 * ms)
	k.want(k.d.Reason, 1700, 2000)
}

func TestAPauseOfAcknowledgementsProvesNothing(t *testing.T) {
	k := newDesk(t)
	k.free(6 * time.Second)
	k.pass(time.Second, 4000, aged(150*ms))
	before := k.d.CapacityKbps
	k.pass(300*ms, 0, aged(150*ms))
	if k.d.CapacityKbps < before*9/10 {
		t.Errorf("capacity %d -> %d in a pause of 300 ms", before, k.d.CapacityKbps)
	}
}

func TestTheKernelsOwnPauseToMeasureTheRoundTripIsNoCongestion(t *testing.T) {
	k := newDesk(t)
	k.free(8 * time.Second)
	probe := func(o *Observation) {
		aged(150 * ms)(o)
		o.Cwnd, o.InFlight = 4*1448, 4*1448 // BBR's ProbeRTT: four packets
	}
	k.pass(300*ms, 600, probe)
	k.want(Hold, 6000, 6000)
	k.pass(time.Second, 600, probe)
	if k.d.Kbps > 2000 {
		t.Errorf("%+v although the window stays small", k.d)
	}
}

func TestWhatThePeerHoldsBehindAHoleCountsAsDelivered(t *testing.T) {
	k := newDesk(t)
	k.free(8 * time.Second)
	k.obs.Delivered = k.obs.Acked
	k.pass(time.Second, 0, func(o *Observation) { aged(150 * ms)(o); o.Delivered += 4000 * 50 / 8 })
	if k.d.CapacityKbps < 3500 || k.d.CapacityKbps > 5500 {
		t.Errorf("%+v while a lost packet is repeated", k.d)
	}
}

func TestAQueueThatSomebodyElseKeepsFullIsLivedWith(t *testing.T) {
	k := newDesk(t)
	k.free(8 * time.Second)
	crowd := func(o *Observation) { o.RTT, o.InFlight = o.MinRTT+250*ms, 30000 }
	k.pass(4*time.Second, 700, crowd)
	low := k.d.Kbps
	for range 100 {
		k.pass(50*ms, int(k.c.kbps), crowd)
	}
	if low > 1200 || k.d.Kbps < 2*low {
		t.Errorf("%d kbit/s after 4 s of a queue that no cut drains, %+v 5 s later", low, k.d)
	}
	before := k.d.Kbps
	k.pass(400*ms, 500, func(o *Observation) { crowd(o); o.QueueAge = 150 * ms })
	k.want(Hold, before, before) // a lost packet may do that
	k.pass(2500*ms, 500, func(o *Observation) { crowd(o); o.QueueAge = 300 * ms })
	if k.d.Kbps > 600 {
		t.Errorf("%+v although our own queue stands", k.d)
	}
}

func TestALineStaysCrowdedForAWhileAfterTheOthersAreGone(t *testing.T) {
	k := newDesk(t)
	if k.free(8 * time.Second); k.d.Crowded {
		t.Error("crowded with nobody there")
	}
	k.pass(4*time.Second, 700, func(o *Observation) { o.RTT, o.InFlight = o.MinRTT+250*ms, 30000 })
	if !k.d.Crowded {
		t.Error("not crowded although a queue outlasts our cuts")
	}
	if k.free(alone - 500*ms); !k.d.Crowded {
		t.Error("a pause of the others passes for their end")
	}
	if k.free(time.Second); k.d.Crowded {
		t.Error("still crowded long after the last of them")
	}
}
