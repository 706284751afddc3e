package rivals

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/uplink/rate"
)

const (
	ms    = time.Millisecond
	every = 50 * ms
)

var limits = rate.Limits{FloorKbps: 300, CeilingKbps: 6000, StartKbps: 1000}

// clean is what a connection looks like that takes all it is given at 80 ms.
func clean(now time.Duration) rate.Observation {
	return rate.Observation{
		Now: now, RTT: 80 * ms, MinRTT: 80 * ms, Connected: true, Kernel: true,
		Acked: uint64(now/ms) * 500, Produced: uint64(now/ms) * 500, // 4 Mbit/s
	}
}

// drive steps a rule for a time and returns its last decision; alter can be nil.
func drive(rule Rule, from, to time.Duration, alter func(*rate.Observation)) (last rate.Decision) {
	for now := from; now <= to; now += every {
		o := clean(now)
		if alter != nil {
			alter(&o)
		}
		last = rule.Step(o)
	}
	return last
}

func TestEveryRivalIsMadeByItsName(t *testing.T) {
	if want := []string{"fixed", "obs", "larix", "belabox"}; !slices.Equal(Names(), want) {
		t.Errorf("names %q, want %q", Names(), want)
	}
	for name, want := range map[string]Settings{
		"fixed":   {MaxAge: 0, StartKbps: 2500},
		"obs":     {MaxAge: Endless, StartKbps: 6000},
		"larix":   {MaxAge: time.Second, StartKbps: 6000},
		"belabox": {MaxAge: 2020 * ms, StartKbps: 300},
	} {
		rule, settings, err := ByName(name, limits)
		if err != nil || settings != want {
			t.Errorf("%s: settings %+v, error %v; want %+v", name, settings, err, want)
			continue
		}
		if first := rule.Step(clean(0)).Kbps; first != want.StartKbps {
			t.Errorf("%s: the first decision is %d, the settings say %d", name, first, want.StartKbps)
		}
	}
	if _, _, err := ByName("gcc", limits); err == nil || !strings.Contains(err.Error(), "belabox") {
		t.Errorf("an unknown name got %v, want an error that lists the known ones", err)
	}
}

func TestFixedStaysAtTwoAndAHalfMegabits(t *testing.T) {
	rule := NewFixed(limits)
	for _, o := range []rate.Observation{clean(0), {Now: time.Hour, QueueAge: time.Minute}, {}} {
		if d := rule.Step(o); d.Kbps != 2500 {
			t.Errorf("%+v: %d kbit/s", o, d.Kbps)
		}
	}
	if d := NewFixed(rate.Limits{FloorKbps: 100, CeilingKbps: 2000}).Step(clean(0)); d.Kbps != 2000 {
		t.Errorf("below a ceiling of 2000: %d kbit/s", d.Kbps)
	}
}

// wild draws an observation in which nothing has to make sense.
func wild(random *rand.Rand) rate.Observation {
	span := func() time.Duration {
		if random.IntN(20) == 0 {
			return []time.Duration{math.MaxInt64, math.MinInt64, 0, -1}[random.IntN(4)]
		}
		return time.Duration(random.Int64N(int64(5*time.Second))) - time.Second
	}
	count := func() uint64 {
		if random.IntN(20) == 0 {
			return []uint64{math.MaxUint64, 0}[random.IntN(2)]
		}
		return random.Uint64N(1 << 30)
	}
	size := func() int { return int(span() / 1000) }
	return rate.Observation{
		Now: span(), QueueAge: span(), QueuedBytes: size(), InFlight: size(), Cwnd: size(),
		Acked: count(), Delivered: count(), Produced: count(), Dropped: count(),
		Busy: span(), ReceiverLimited: span(), RTT: span(), MinRTT: span(),
		Loss:      []float64{0, 0.02, math.NaN(), math.Inf(1), -1}[random.IntN(5)],
		Connected: random.IntN(50) != 0, Kernel: random.IntN(10) != 0,
	}
}

func TestNoObservationTakesARuleOutOfItsLimits(t *testing.T) {
	for _, l := range []rate.Limits{limits, {}, {FloorKbps: 5000, CeilingKbps: 100}, {FloorKbps: -5, CeilingKbps: -7}, {FloorKbps: 1, CeilingKbps: math.MaxInt32}} {
		b := newBounds(l)
		for _, name := range Names() {
			random := rand.New(rand.NewPCG(7, 7))
			rule, settings, err := ByName(name, l)
			if err != nil || settings.StartKbps < b.least || settings.StartKbps > b.most {
				t.Fatalf("%s %+v: starts at %d, %v", name, l, settings.StartKbps, err)
			}
			for i := range 5_000 {
				o := wild(random)
				if i%3 != 0 { // with time that passes, too
					o.Now = time.Duration(i) * every
				}
				d := rule.Step(o)
				if d.Kbps < b.least || d.Kbps > b.most {
					t.Fatalf("%s %+v: %d kbit/s at %+v", name, l, d.Kbps, o)
				}
				if d.Flush || d.ForceKey || d.Skip || d.PacingKbps != unpacedKbps {
					t.Fatalf("%s asks for more than a rate: %+v", name, d)
				}
			}
		}
	}
}

func TestARuleRecoversFromWildObservations(t *testing.T) {
	for _, name := range Names() {
		rule, settings, _ := ByName(name, limits)
		random := rand.New(rand.NewPCG(3, 3))
		for i := range 2000 {
			o := wild(random)
			o.Now = time.Duration(i) * every
			rule.Step(o)
		}
		want := max(settings.StartKbps, 2500)
		if name == "belabox" {
			want = 6000
		}
		if d := drive(rule, 2000*every, 2000*every+10*time.Minute, nil); d.Kbps < want {
			t.Errorf("%s: ten clean minutes later still at %d kbit/s, want %d", name, d.Kbps, want)
		}
	}
}

func TestWhatIsNotANumberIsTheFloor(t *testing.T) {
	b := newBounds(limits)
	for value, want := range map[float64]int{-1: 300, 299: 300, 301.7: 301, 7000: 6000, math.Inf(1): 6000, math.Inf(-1): 300} {
		if got := b.within(value); got != want {
			t.Errorf("%v became %d, want %d", value, got, want)
		}
	}
	if got := b.within(math.NaN()); got != 300 {
		t.Errorf("NaN became %d", got)
	}
}
