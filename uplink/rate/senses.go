package rate

import (
	"math"
	"time"
)

const (
	// standingSpan is the stretch over which the least age of the queue
	// counts as standing: longer than a key frame's burst takes to drain.
	standingSpan = 300 * time.Millisecond
	// earlySpan is the same for the early rule.
	earlySpan = 100 * time.Millisecond
	// jitter is the rise of the round trip that is no queue: the scheduling
	// of a radio cell, delayed acknowledgements.
	jitter = 30 * time.Millisecond
	// busyAge is the age above which the line never runs empty.
	busyAge = 20 * time.Millisecond
	// quiet is a rise of the round trip that shows an empty line. What waits
	// then waits for TCP (BBR empties the line every 10 s to measure the
	// least round trip; a lost packet), unless it waits for ownLimit.
	quiet    = 60 * time.Millisecond
	ownLimit = 400 * time.Millisecond
	// chokeShare of the target is a window too small for it. BBR makes it so
	// for 200 ms and a round trip, every 10 s (ProbeRTT); beyond chokeLimit
	// it is no measurement any more, and the line's own doing.
	chokeShare = 0.7
	chokeLimit = 600 * time.Millisecond
	// deliveredSpan is for what the line carries, busy or not.
	deliveredSpan = time.Second
	// receiverSpan is for the share of time that the ingest held us back.
	receiverSpan = 200 * time.Millisecond
	// fastestLine in kbit/s bounds counters that jump.
	fastestLine = 1e8
	// longest bounds ages and steps of time that make no sense.
	longest = time.Minute
)

// signals is what one observation means, together with the recent past.
type signals struct {
	now, dt   time.Duration
	connected bool
	fresh     bool // the first tick of a connection
	kernel    bool

	queue    time.Duration // age of what waits on our side
	ours     bool          // it waits although the line is empty
	choked   bool          // for TCP's own small window, not for the line
	drain    time.Duration // how long the line needs for what waits, 0 = not known
	owed     time.Duration // the same, or how long the line needs for it when that is less
	standing time.Duration // least age of queue and line within standingSpan
	early    time.Duration // the same within earlySpan

	capacity  float64       // kbit/s that a busy line just proved, 0 = no evidence
	delivered float64       // kbit/s acknowledged
	receiver  float64       // share of time that the ingest's window was closed
	stalled   time.Duration // how long data has waited and nothing was acknowledged

	sinceStall   time.Duration // since the line last came back from a silence
	sincePicture time.Duration // since the encoder gave the last one

	loss    float64
	newLoss bool // a report with another loss than the last came in
}

// senses turns observations into signals.
type senses struct {
	window   window
	began    bool
	last     Observation
	acked    float64 // over connections
	busyFrom time.Duration
	roomy    time.Duration // when TCP's window last was no limit
	moved    time.Duration // when an acknowledgement last came, or nothing waited
	flowed   time.Duration // when an acknowledgement last came
	sample   float64       // the last capacity measured, in kbit/s
	sampled  time.Duration // when
	wanted   float64       // the rate that was last decided, in kbit/s
	resumed  time.Duration // when the line last came back from a silence
	pictured time.Duration // when the encoder last produced something
}

// take cleans an observation and reads it.
func (x *senses) take(o Observation) signals {
	o = cleaned(o)
	if !x.began {
		x.began, x.last = true, o
		x.last.Connected = false
		x.resumed = o.Now - longest
	}
	s := signals{
		now: max(o.Now, x.last.Now), connected: o.Connected, kernel: o.Kernel,
		queue: o.QueueAge, loss: o.Loss, newLoss: o.Loss != x.last.Loss,
	}
	s.dt = min(s.now-x.last.Now, time.Second)
	s.fresh = o.Connected && (!x.last.Connected || o.Kernel && o.Acked < x.last.Acked)
	o.Now = s.now
	if s.fresh {
		x.window.clear()
		x.busyFrom, x.moved, x.sample = s.now, s.now, 0
	}
	progress := min(x.progress(o, s.fresh), fastestLine/8*float64(s.dt/time.Millisecond))
	x.acked += progress
	age := o.QueueAge + inflation(o)
	s.ours = o.Kernel && o.MinRTT > 0 && o.RTT-o.MinRTT < quiet
	if !small(o, x.wanted) {
		x.roomy = s.now
	}
	s.choked = s.now-x.roomy > 0 && s.now-x.roomy < chokeLimit
	if age < busyAge || s.ours || s.choked {
		x.busyFrom = s.now
	}
	if progress > 0 {
		x.flowed = s.now
	}
	idle := o.QueueAge == 0 && o.QueuedBytes == 0 && o.InFlight == 0
	if progress > 0 && s.now-x.moved > stallSoft {
		x.busyFrom, x.sample = s.now, 0 // what comes after a silence is another stretch
		x.resumed = s.now
	}
	switch {
	case idle:
		x.moved = s.now + o.MinRTT // no answer is due before
	case progress > 0:
		x.moved = s.now
	}
	if o.Produced != x.last.Produced {
		x.pictured = s.now
	}
	s.sincePicture = s.now - x.pictured
	x.window.add(point{at: s.now, acked: x.acked, age: age, starved: o.ReceiverLimited})
	x.last = o
	x.read(&s, o)
	return s
}

// progress is how many bytes went away since the last tick. Without kernel
// statistics it is what was produced and no longer waits, which counts dropped
// units as sent.
func (x *senses) progress(o Observation, fresh bool) float64 {
	switch {
	case fresh:
		return 0
	case o.Kernel && o.Delivered > 0 && x.last.Delivered > 0:
		return float64(o.Delivered - min(o.Delivered, x.last.Delivered))
	case o.Kernel:
		return float64(o.Acked - min(o.Acked, x.last.Acked))
	}
	made := float64(o.Produced - min(o.Produced, x.last.Produced))
	return max(0, made-float64(o.QueuedBytes-x.last.QueuedBytes))
}

// read fills in what comes from the recent past.
func (x *senses) read(s *signals, o Observation) {
	w := &x.window
	s.standing, s.early = w.leastAge(standingSpan), w.leastAge(earlySpan)
	s.delivered = w.kbps(w.before(deliveredSpan))
	s.stalled = max(0, s.now-x.moved)
	s.sinceStall = s.now - x.resumed
	s.capacity = x.capacity(s.now)
	s.owed = s.standing
	if s.capacity > 0 {
		s.drain = drainTime(float64(o.QueuedBytes), s.capacity)
		onLine := max(0, float64(o.InFlight)-s.capacity*float64(o.MinRTT/time.Millisecond)/8)
		s.owed = min(s.owed, drainTime(float64(o.QueuedBytes)+onLine, s.capacity))
	}
	if then := w.before(receiverSpan); o.Kernel && s.now > then.at {
		s.receiver = float64(max(0, o.ReceiverLimited-then.starved)) / float64(s.now-then.at)
	}
}

// small tells that TCP's window, whatever the line may carry, lets through less
// than is wanted.
func small(o Observation, wantedKbps float64) bool {
	if !o.Kernel || o.Cwnd == 0 || o.MinRTT == 0 || o.InFlight < o.Cwnd/2 {
		return false
	}
	return float64(o.Cwnd)*8/(float64(o.MinRTT)/float64(time.Millisecond)) < chokeShare*wantedKbps
}

// drainTime is how long a line of so many kbit/s needs for so many bytes.
func drainTime(bytes, kbps float64) time.Duration {
	return time.Duration(min(bytes*8/kbps*float64(time.Millisecond), float64(longest)))
}

// inflation is the part of the round trip that is a queue on the line.
func inflation(o Observation) time.Duration {
	if !o.Kernel || o.MinRTT == 0 {
		return 0
	}
	return max(0, o.RTT-o.MinRTT-jitter)
}

// cleaned makes an observation's values possible ones.
func cleaned(o Observation) Observation {
	o.InFlight, o.Cwnd = max(o.InFlight, 0), max(o.Cwnd, 0)
	for _, d := range []*time.Duration{&o.QueueAge, &o.RTT, &o.MinRTT} {
		*d = min(max(*d, 0), longest)
	}
	o.Now, o.ReceiverLimited = max(o.Now, 0), max(o.ReceiverLimited, 0)
	o.QueuedBytes = max(o.QueuedBytes, 0)
	if math.IsNaN(o.Loss) || o.Loss < 0 {
		o.Loss = 0
	}
	o.Loss = min(o.Loss, 1)
	return o
}
