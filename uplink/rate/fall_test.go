package rate

import (
	"testing"
	"time"
)

// river is a line that is told tick by tick what it gives back; what is sent and
// not given back yet is on the way.
type river struct {
	*desk
	flight float64 // bytes
}

// newRiver flows at the ceiling, with a round trip's worth on the way.
func newRiver(t *testing.T) *river {
	r := &river{desk: newDesk(t)}
	r.free(8 * time.Second)
	r.flight = float64(r.d.Kbps) * 80 / 8
	r.flow(time.Second, func() float64 { return float64(r.d.Kbps) })
	return r
}

// flow sends the decided rate and gives back what given says, in kbit/s; the
// round trip that the kernel tells stays as it was.
func (r *river) flow(lasting time.Duration, given func() float64) {
	const tick = 25 * ms
	for end := r.obs.Now + lasting; r.obs.Now < end; {
		r.obs.Now += tick
		back := min(given()*25/8, r.flight)
		r.flight += float64(r.d.Kbps)*25/8 - back
		r.obs.Acked += uint64(back)
		r.obs.InFlight = int(r.flight)
		r.obs.Produced++
		r.d = r.c.Step(r.obs)
	}
}

func TestALineThatFellIsSeenBeforeTheRoundTripTells(t *testing.T) {
	r := newRiver(t)
	r.want(Climb, 6000, 6000)
	fell := r.obs.Now
	for r.d.Reason != Capacity {
		r.flow(25*ms, func() float64 { return 1500 })
		if r.obs.Now-fell > 200*ms {
			t.Fatalf("not seen in 200 ms: %+v", r.d)
		}
	}
	t.Logf("seen %v after the first late acknowledgement", r.obs.Now-fell)
	if r.d.Kbps > 3500 {
		t.Errorf("cut to %d only", r.d.Kbps)
	}
	r.flow(100*ms, func() float64 { return 1500 })
	if r.d.Kbps > 1500 || r.d.PacingKbps > 2500 {
		t.Errorf("%+v a tenth of a second later, on a line of 1500", r.d)
	}
}

func TestAPauseBetweenAcknowledgementsIsNoFall(t *testing.T) {
	r := newRiver(t)
	for range 20 { // a radio cell that gives a packet every 75 ms, and then all the rest
		for range 2 {
			r.flow(50*ms, func() float64 { return 0 })
			r.flow(25*ms, func() float64 { return 400 })
			if r.d.Kbps < 5000 {
				t.Fatalf("%+v on a line that pauses and catches up", r.d)
			}
		}
		r.flow(300*ms, func() float64 { return 12000 })
	}
}

func TestALineThatWasFullAtTheSameRateTwiceIsAskedLessEagerly(t *testing.T) {
	climbed := func(second int) int {
		k := newDesk(t)
		k.free(6 * time.Second)
		k.pass(time.Second, 3000, aged(200*ms))
		k.free(1500 * ms)
		k.pass(time.Second, second, aged(200*ms))
		k.free(2500 * ms)
		return k.d.Kbps * 1000 / second
	}
	again, other := climbed(3000), climbed(2000)
	if again >= other {
		t.Errorf("after 2.5 s at %d per mille of the capacity that was the same again, at %d of another", again, other)
	}
}
