package rate

import "time"

const (
	// What the line holds back is fallQueue or more, for fallSpan, and what it
	// gives back over earlySpan is below fallShare of what it is given: its
	// capacity has fallen. The smoothed round trip tells the same a tenth of a
	// second later, in which a line that fell to a quarter is given another
	// four tenths' worth.
	fallQueue = 80 * time.Millisecond
	fallSpan  = 35 * time.Millisecond
	fallShare = 0.7
	// crowdSpan is how long a queue on the line must have outlasted our cuts to
	// be somebody else's: a long TCP transfer keeps it full whatever we do, and
	// who yields to that gets nothing. Our own drains within about a second.
	crowdSpan = 3 * time.Second
	// Radio lines give in gusts: it also has to be unlike what they held
	// of late, by this many percent.
	unlike = 120
)

// occupied finds out what waits where, and since when.
func (x *senses) occupied(s *signals, o Observation) {
	s.line = inflation(o)
	if s.line < lowQueue || s.fresh {
		x.clear = s.now
	}
	s.crowded = s.now-x.clear >= crowdSpan
	s.ours = o.Kernel && o.MinRTT > 0 && o.RTT-o.MinRTT < quiet
	if !small(o, x.wanted) {
		x.roomy = s.now
	}
	s.choked = s.now-x.roomy > 0 && s.now-x.roomy < chokeLimit
	s.fallen = x.falls(s, o)
	age := o.QueueAge
	if !s.crowded {
		age += s.line
	}
	x.window.back(0).age = age
	if !s.fallen && (age < busyAge || s.ours) || s.choked {
		x.busyFrom = s.now
	}
}

// falls tells whether the line has for fallSpan given back much less than it was
// given. Acknowledgements that come in gusts, and a window that TCP itself keeps
// small, say nothing of that.
func (x *senses) falls(s *signals, o Observation) bool {
	kbps, held := x.window.kbps(x.window.before(earlySpan)), time.Duration(0)
	if kbps > 0 && !s.crowded {
		held = drainTime(x.late(o), kbps)
	}
	x.window.back(0).held = held
	unsure := x.silence.evenly(s.now) < earlySpan || x.silence.pausing(s.now) || s.choked || kbps == 0
	if unsure || kbps > fallShare*x.wanted || held < max(fallQueue, x.window.mostHeld()*unlike/100) {
		x.level = s.now
	}
	return s.now-x.level >= fallSpan
}

// flight is how many bytes are on the way. What the peer has behind a hole is
// not on the way any more.
func flight(o Observation) float64 {
	if !o.Kernel {
		return 0
	}
	held := o.Delivered - min(o.Delivered, o.Acked)
	return max(0, float64(o.InFlight)-float64(held))
}

// late is how many bytes the peer would have acknowledged by now if nothing
// waited on the line: those that were sent a round trip ago.
func (x *senses) late(o Observation) float64 {
	if o.MinRTT == 0 {
		return 0
	}
	return min(flight(o), max(0, x.window.before(o.MinRTT).sent-x.acked))
}

// inflation is the part of the round trip that is a queue on the line.
func inflation(o Observation) time.Duration {
	if !o.Kernel || o.MinRTT == 0 {
		return 0
	}
	return max(0, o.RTT-o.MinRTT-jitter)
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
