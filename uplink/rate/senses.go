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
	// latelySpan is the shortest over which pictures of all sizes even out.
	latelySpan = 600 * time.Millisecond
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
	line     time.Duration // what waits on the line, in time of the line
	ours     bool          // it waits on our side although the line is empty
	choked   bool          // for TCP's own small window, not for the line
	crowded  bool          // the line's queue is somebody else's
	standing time.Duration // least age of queue and line within standingSpan
	early    time.Duration // the same within earlySpan
	held     time.Duration // least of what the line held back within earlySpan, in time of the line
	fallen   bool          // the line gives back much less than it was given, see falls

	capacity float64       // kbit/s that a busy line just proved, 0 = no evidence
	drain    time.Duration // how long the line needs for what waits on our side, 0 = not known
	total    time.Duration // the same and for what waits on the line
	owed     time.Duration // total, or standing when that is less

	delivered float64       // kbit/s that the peer got
	lately    float64       // the same over latelySpan
	receiver  float64       // share of time that the ingest's window was closed
	unread    time.Duration // what the ingest has not read yet, in time of the ingest
	reads     float64       // kbit/s that the ingest reads, 0 = not known
	stalled   time.Duration // how long data has waited and nothing was acknowledged

	sinceStall   time.Duration // since the line last came back from a silence
	sincePicture time.Duration // since the encoder gave the last one

	loss    float64
	newLoss bool // a report with another loss than the last came in
}

// senses turns observations into signals.
type senses struct {
	window window
	began  bool
	last   Observation
	acked  float64 // bytes, over connections
	wanted float64 // the rate that was last decided, in kbit/s

	busyFrom time.Duration // since when the line has never been empty
	roomy    time.Duration // when TCP's window last was no limit
	clear    time.Duration // when the line last had no queue
	level    time.Duration // when the line last gave back what it was given
	sample   float64       // the last capacity measured, in kbit/s
	sampled  time.Duration // when
	pictured time.Duration // when the encoder last produced something
	silence  silence
	ingest   ingest
}

// take cleans an observation and reads it.
func (x *senses) take(o Observation) signals {
	o = cleaned(o)
	if !x.began {
		x.began, x.last = true, o
		x.last.Connected = false
		x.silence.ended = o.Now - longest
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
		x.busyFrom, x.level, x.silence.moved, x.sample = s.now, s.now, s.now, 0
	}
	progress := min(x.progress(o, s.fresh), fastestLine/8*float64(s.dt/time.Millisecond))
	x.acked += progress
	if x.silence.take(o, progress > 0) {
		x.busyFrom, x.sample = s.now, 0 // what comes after a silence is another stretch
	}
	x.window.add(point{at: s.now, acked: x.acked, sent: x.acked + flight(o), starved: o.ReceiverLimited})
	x.occupied(&s, o)
	if o.Produced != x.last.Produced {
		x.pictured = s.now
	}
	x.last = o
	x.read(&s, o, progress > 0)
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
func (x *senses) read(s *signals, o Observation, progress bool) {
	w := &x.window
	s.standing, s.early = w.leastAge(standingSpan), w.leastAge(earlySpan)
	s.held = w.leastHeld(earlySpan)
	s.delivered, s.lately = w.kbps(w.before(deliveredSpan)), w.kbps(w.before(latelySpan))
	s.stalled, s.sinceStall = max(0, s.now-x.silence.moved), s.now-x.silence.ended
	s.sincePicture = s.now - x.pictured
	s.capacity = x.capacity(s, progress)
	s.owed = s.standing
	if s.capacity > 0 {
		s.drain = drainTime(float64(o.QueuedBytes), s.capacity)
		s.total = s.drain
		if !s.crowded {
			s.total += drainTime(x.late(o), s.capacity)
		}
		s.owed = min(s.owed, s.total)
	}
	if then := w.before(receiverSpan); o.Kernel && s.now > then.at {
		s.receiver = float64(max(0, o.ReceiverLimited-then.starved)) / float64(s.now-then.at)
	}
	w.back(0).unread = x.ingest.take(o, s.fresh, s.receiver)
	x.leftUnread(s)
}

// cleaned makes an observation's values possible ones.
func cleaned(o Observation) Observation {
	o.InFlight, o.Cwnd, o.PeerWindow = max(o.InFlight, 0), max(o.Cwnd, 0), max(o.PeerWindow, 0)
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
