package rate

import (
	"math"
	"testing"
	"time"
)

func TestCountersThatJumpDoNotSpoilWhatComesAfter(t *testing.T) {
	k := newDesk(t)
	for i := range 400 {
		k.obs.Now += 50 * ms
		k.obs.Acked = uint64(i%2) * math.MaxUint64
		k.c.Step(k.obs)
	}
	k.obs.Acked = 0
	k.pass(5*time.Minute, 1200, nil)
	k.want(AppLimited, 2100, 2200)
}

func TestImpossibleValuesCountAsUnknown(t *testing.T) {
	o := cleaned(Observation{Now: -1, QueueAge: -1, QueuedBytes: -1, RTT: -1, MinRTT: math.MaxInt64, Loss: math.NaN(), ReceiverLimited: -1})
	if (o != Observation{MinRTT: longest}) {
		t.Errorf("%+v", o)
	}
	for loss, want := range map[float64]float64{-1: 0, 0.5: 0.5, 7: 1, math.Inf(1): 1, math.Inf(-1): 0} {
		if have := cleaned(Observation{Loss: loss}).Loss; have != want {
			t.Errorf("a loss of %v became %v", loss, have)
		}
	}
}

func TestLimitsThatContradictAreMadeToFit(t *testing.T) {
	for _, l := range []Limits{{}, {FloorKbps: -5, CeilingKbps: -9, StartKbps: -1}, {FloorKbps: 900, CeilingKbps: 300, StartKbps: 5000}, {StartKbps: math.MaxInt}} {
		s := l.sane()
		if s.FloorKbps < 1 || s.CeilingKbps < s.FloorKbps || s.StartKbps < s.FloorKbps || s.StartKbps > s.CeilingKbps {
			t.Errorf("%+v became %+v", l, s)
		}
		if d := New(l).Step(Observation{}); d.Kbps < s.FloorKbps || d.Kbps > s.CeilingKbps {
			t.Errorf("%+v: %+v", l, d)
		}
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	k := newDesk(t)
	if n := testing.AllocsPerRun(1000, func() {
		k.obs.Now += 50 * ms
		k.obs.Acked += 10000
		k.obs.QueueAge = k.obs.Now % (900 * ms)
		k.c.Step(k.obs)
	}); n != 0 {
		t.Errorf("%v allocations per step", n)
	}
}

func BenchmarkStep(b *testing.B) {
	c := New(uplinkLimits)
	o := Observation{Connected: true, Kernel: true, RTT: 80 * ms, MinRTT: 80 * ms}
	b.ReportAllocs()
	for range b.N {
		o.Now += 50 * ms
		o.Acked += 20000
		o.QueueAge = o.Now % (200 * ms)
		c.Step(o)
	}
}
