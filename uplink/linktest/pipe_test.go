package linktest

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

// drive offers packets of the given size at a steady rate for a while, takes
// what comes out at every millisecond, and returns the bytes per second of
// virtual time that came out and the longest way through.
func drive(p *pipe, kbps int, size int, lasting time.Duration) (outKbps float64, longest time.Duration) {
	data := make([]byte, size)
	credit, bytes := 0.0, 0
	var sent []time.Duration
	for now := time.Duration(0); now < lasting; now += ms {
		for credit += float64(kbps) / 8; credit >= float64(size); credit -= float64(size) {
			drops := p.counts.Dropped
			p.offer(now, data)
			if p.counts.Dropped == drops {
				sent = append(sent, now)
			}
		}
		for out := p.take(now); out != nil; out = p.take(now) {
			bytes += len(out)
			longest = max(longest, now-sent[0])
			sent = sent[1:]
			p.recycle(out)
		}
	}
	return float64(bytes) * 8 / float64(lasting/ms), longest
}

func near(t *testing.T, what string, have, want, within float64) {
	t.Helper()
	if math.Abs(have-want) > within*want {
		t.Errorf("%s is %.4g, want %.4g within %.1f %%", what, have, want, within*100)
	}
}

func TestAPipeCarriesItsRateAndNoMore(t *testing.T) {
	for _, kbps := range []int{300, 1000, 6000, 50000} {
		p := newPipe(Direction{Kbps: kbps}, 1, 1)
		out, _ := drive(p, 2*kbps, 1200, 20*time.Second)
		near(t, "rate out", out, float64(kbps), 0.01)
	}
}

func TestAPipeBelowItsRateDelaysByDelayAndServiceOnly(t *testing.T) {
	p := newPipe(Direction{Kbps: 6000, Delay: 40 * ms}, 1, 1)
	out, longest := drive(p, 3000, 1500, 10*time.Second)
	near(t, "rate out", out, 3000, 0.01)
	if service := 2 * ms; longest > 40*ms+service+ms {
		t.Errorf("longest way through is %v", longest)
	}
}

func TestTheQueueIsBoundedInTime(t *testing.T) {
	for _, queue := range []time.Duration{100 * ms, 300 * ms, 3 * time.Second} {
		p := newPipe(Direction{Kbps: 4000, Queue: queue}, 1, 1)
		_, longest := drive(p, 6000, 1500, 20*time.Second)
		if longest > queue+4*ms || longest < queue-8*ms {
			t.Errorf("queue of %v: longest way through is %v", queue, longest)
		}
	}
}

func TestTheQueueIsBoundedInBytes(t *testing.T) {
	p := newPipe(Direction{Kbps: 1000, QueueBytes: 15000}, 1, 1)
	_, longest := drive(p, 2000, 1500, 5*time.Second)
	if want := 120 * ms; longest > want+2*ms || longest < want-14*ms {
		t.Errorf("longest way through 15,000 bytes at 1 Mbit/s is %v, want %v", longest, want)
	}
}

func TestAScheduleChangesTheRateWhenItSays(t *testing.T) {
	p := newPipe(Direction{Schedule: []Step{{0, 6000}, {2 * time.Second, 1500}, {4 * time.Second, 0}, {5 * time.Second, 3000}}}, 1, 1)
	want := []float64{6000, 6000, 1500, 1500, 0, 3000, 3000}
	last := uint64(0)
	for second := range want {
		for now := time.Duration(second) * time.Second; now < time.Duration(second+1)*time.Second; now += ms {
			p.offer(now, make([]byte, 1400))
			for out := p.take(now); out != nil; out = p.take(now) {
				p.recycle(out)
			}
		}
		have := float64(p.counts.DeliveredBytes-last) * 8 / 1000
		last = p.counts.DeliveredBytes
		if math.Abs(have-want[second]) > 25 {
			t.Errorf("second %d: %.0f kbit/s, want %.0f", second, have, want[second])
		}
	}
}

func TestAScheduleInALoopBeginsAnewAtItsLastTime(t *testing.T) {
	d := Direction{Loop: true, Schedule: []Step{{0, 1000}, {2 * time.Second, 0}, {3 * time.Second, 4000}, {5 * time.Second, 9999}}}
	if err := d.check(); err != nil {
		t.Fatal(err)
	}
	capacity := d.capacity()
	for second, want := range []float64{1000, 1000, 0, 4000, 4000, 1000, 1000, 0, 4000, 4000, 1000} {
		from := time.Duration(second) * time.Second
		if have := capacity.offered(from, from+time.Second) * 8 / 1000; math.Abs(have-want) > 1 {
			t.Errorf("second %d: %.0f kbit/s, want %.0f", second, have, want)
		}
	}
	near(t, "a round and a half", capacity.offered(0, 7500*ms), (1000*2+4000*2+1000*2)*125, 0.001)
	if wake := capacity.wake(12500*ms, 1500); wake != 13*time.Second {
		t.Errorf("a packet of the hole in the third round wakes at %v, want 13 s", wake)
	}
	if kbps := capacity.kbps(12500 * ms); kbps != 1000 {
		t.Errorf("the queue of the hole is that of %d kbit/s, want 1000", kbps)
	}
}

func TestAPacketTakenLateIsToldAsLate(t *testing.T) {
	p := newPipe(Direction{Delay: 10 * ms}, 1, 1)
	p.offer(0, make([]byte, 100))
	p.take(17 * ms)
	p.offer(20*ms, make([]byte, 100))
	p.take(30 * ms)
	if p.late != 7*ms {
		t.Errorf("late by %v, want 7 ms", p.late)
	}
}

func TestATraceIsReplayedAndLooped(t *testing.T) {
	// Two opportunities at 10 ms, one at 30, then the loop of 50 ms.
	trace, err := ParseTrace(strings.NewReader("10\n10\n30\n50\n"))
	if err != nil {
		t.Fatal(err)
	}
	p := newPipe(Direction{Trace: trace, QueueBytes: 1e6}, 1, 1)
	for range 7 {
		p.offer(0, make([]byte, 1500))
	}
	var have []string
	for now := time.Duration(0); now <= 120*ms; now += ms {
		for p.take(now) != nil {
			have = append(have, fmt.Sprint(now))
		}
	}
	if got, want := strings.Join(have, " "), "10ms 10ms 30ms 50ms 60ms 60ms 80ms"; got != want {
		t.Errorf("packets left at %s, want %s", got, want)
	}
}

func TestAnUnusedOpportunityIsLostAndItsRestServesOnlyItsInstant(t *testing.T) {
	trace, _ := ParseTrace(strings.NewReader("10\n20\n30\n"))
	p := newPipe(Direction{Trace: trace, QueueBytes: 1e6}, 1, 1)
	p.advance(15 * ms) // the first opportunity passes unused
	p.offer(15*ms, make([]byte, 1000))
	p.offer(15*ms, make([]byte, 1000))
	if p.take(19*ms) != nil {
		t.Error("a packet left before the second opportunity")
	}
	if p.take(20*ms) == nil {
		t.Error("the second opportunity carried nothing")
	}
	if p.take(29*ms) != nil {
		t.Error("half a packet was enough")
	}
	if p.take(30*ms) == nil {
		t.Error("the rest of the second packet did not leave at the third opportunity")
	}
	p.offer(35*ms, make([]byte, 400)) // fits what the third had left over
	if p.take(39*ms) != nil {
		t.Error("the rest of an opportunity served a later packet")
	}
}

func TestInABlackoutPacketsWaitAndNothingIsServed(t *testing.T) {
	p := newPipe(Direction{Kbps: 4000, Blackouts: []Blackout{{At: time.Second, For: 2 * time.Second}}}, 1, 1)
	_, longest := drive(p, 1000, 1000, 10*time.Second)
	if longest < 2*time.Second || longest > 2010*ms {
		t.Errorf("longest way through a blackout of 2 s is %v", longest)
	}
	near(t, "offered", p.counts.OfferedBytes, 4000/8*8000, 0.01)
	if p.counts.Dropped == 0 {
		t.Error("2 s of packets fitted a queue of 300 ms at four times the rate")
	}
}

func TestARateChangeTakesEffectOnThePacketInService(t *testing.T) {
	p := newPipe(Direction{Kbps: 8}, 1, 1) // 1 byte per ms
	p.offer(0, make([]byte, 1000))
	p.advance(500 * ms)
	p.capacity = constant(8000) // 1 byte per µs
	if got, want := p.next(), 500*ms+500*time.Microsecond; got != want {
		t.Errorf("packet will leave at %v, want %v", got, want)
	}
}

func TestAnUnlimitedLineOnlyDelays(t *testing.T) {
	p := newPipe(Direction{Delay: 5 * ms}, 1, 1)
	out, longest := drive(p, 100000, 1500, time.Second)
	near(t, "rate out", out, 100000, 0.01)
	if longest != 5*ms {
		t.Errorf("longest way through is %v, want 5 ms", longest)
	}
}

func TestNoPacketIsLostFromTheBooks(t *testing.T) {
	p := newPipe(Direction{Kbps: 1000, Delay: 20 * ms, Loss: Loss{Random: 0.1}}, 7, 1)
	const offered = 5000
	for i := range offered {
		now := time.Duration(i) * 7 * ms
		p.offer(now, make([]byte, 1500))
		for out := p.take(now); out != nil; out = p.take(now) {
			p.recycle(out)
		}
	}
	c := p.counts
	if sum := int(c.Delivered+c.Dropped+c.Lost) + p.queue.len() + p.flight.len(); sum != offered {
		t.Errorf("%d packets accounted for of %d", sum, offered)
	}
}
