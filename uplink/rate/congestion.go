package rate

import "time"

const (
	// highQueue is a standing queue that means congestion, lowQueue one that
	// ends a climb.
	highQueue = 120 * time.Millisecond
	lowQueue  = 35 * time.Millisecond
	// earlyQueue, and a capacity below earlyShare of the rate, mean
	// congestion before the queue has stood for long.
	earlyQueue = 40 * time.Millisecond
	earlyShare = 0.8
	// use is the share of the capacity to go to; drain is by how much of it
	// less per second of standing queue, so that the queue empties in about
	// a second; leastUse bounds that.
	use      = 0.95
	drain    = 0.8
	leastUse = 0.4
	// holdFor is how long a cut takes to show: encoder and round trip.
	holdFor = 150 * time.Millisecond
	// blind is the cut without any evidence of the capacity.
	blind = 0.85
	// starvedShare is the share of time with a closed window from which on
	// the ingest counts as the bottleneck.
	starvedShare = 0.3
	// On a crowded line a backlog that stands for jostle is answered by a step
	// down, to what was delivered but within the shares leastYield and yield,
	// and the next one not before jostleHold, two long round trips.
	jostle     = 200 * time.Millisecond
	yield      = 0.8
	leastYield = 0.5
	jostleHold = 600 * time.Millisecond
	// lossMatters is the loss that counts even without a queue: a policer
	// has none. lossWithQueue counts together with a standing queue.
	lossMatters   = 0.10
	lossWithQueue = 0.02
)

// congested lowers the rate when the line, or the ingest, carries less.
func (c *Controller) congested(s signals) (Reason, bool) {
	if s.stalled > stallSoft {
		return Stall, true
	}
	early := s.fallen || s.early >= earlyQueue && s.capacity > 0 && s.capacity < earlyShare*c.kbps
	if s.sinceStall < holdFor || s.now-c.cutAt < holdFor && !early {
		return Hold, true
	}
	if s.choked || s.ours && s.queue < ownLimit && s.standing >= lowQueue {
		return Hold, true
	}
	if s.crowded {
		return c.jostled(s)
	}
	switch {
	case s.receiver >= starvedShare && (early || s.standing >= lowQueue) || s.unread >= highQueue:
		c.starved(s)
		return ReceiverLimited, true
	case s.unread >= lowQueue:
		return ReceiverLimited, true
	case s.newLoss && (s.loss >= lossMatters || s.loss >= lossWithQueue && s.standing >= highQueue):
		c.memory.congested(s.delivered * (1 - s.loss))
		c.cut(s, c.kbps*(1-s.loss/2))
		return Loss, true
	case s.standing >= highQueue:
		c.cutTo(s)
		return StandingQueue, true
	case early:
		c.cutTo(s)
		return Capacity, true
	case c.racing && max(s.early, s.held) >= lowQueue && s.capacity > 0:
		c.cutTo(s)
		return Capacity, true
	case s.standing >= lowQueue || (c.racing || c.draining > 0) && s.early >= lowQueue:
		c.trim(s)
		return Hold, true
	}
	return "", false
}

// jostled lowers the rate on a line that others keep full. There TCP gives and
// takes by itself, and a lost packet alone holds our backlog up for a round
// trip: what was carried meanwhile is no capacity.
func (c *Controller) jostled(s signals) (Reason, bool) {
	switch {
	case s.standing >= jostle && s.now-c.cutAt >= jostleHold:
		c.memory.congested(c.kbps)
		c.cut(s, min(max(s.delivered, leastYield*c.kbps), yield*c.kbps))
		return StandingQueue, true
	case s.standing >= lowQueue:
		return Hold, true
	}
	return "", false
}

// cutTo goes to what the line carries, less what drains the queue.
func (c *Controller) cutTo(s signals) {
	if s.capacity == 0 {
		c.cut(s, blind*c.kbps)
		return
	}
	if c.draining == 0 {
		c.memory.compare(s.capacity)
	}
	c.memory.congested(s.capacity)
	c.draining = s.capacity
	c.cut(s, s.capacity*share(s.owed))
}

// share is how much of the capacity to use with so much queue.
func share(owed time.Duration) float64 {
	return max(leastUse, use-drain*max(0, owed-lowQueue).Seconds())
}

// trim takes the rate back to where a small queue drains before it becomes a
// large one.
func (c *Controller) trim(s signals) {
	if s.capacity > 0 {
		c.kbps = min(c.kbps, max(share(s.standing)*s.capacity, blind*c.kbps))
	}
}

// starved follows an ingest that reads slowly. It says nothing of the line,
// whose capacity is remembered as it was.
func (c *Controller) starved(s signals) {
	reads, owed := s.capacity, s.owed
	if s.unread > owed {
		reads, owed = s.reads, s.unread
	}
	if reads > 0 {
		if c.draining == 0 {
			c.memory.compare(reads)
		}
		c.memory.starved(reads)
		c.draining = reads
		c.cut(s, reads*share(owed))
	}
}

// cut lowers the rate; it never raises it.
func (c *Controller) cut(s signals, kbps float64) {
	c.kbps = min(c.kbps, c.limits.within(kbps))
	c.cutAt = s.now
}
