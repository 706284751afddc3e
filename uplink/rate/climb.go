package rate

import (
	"math"
	"time"
)

const (
	// fast is the factor per second while well away from the known capacity.
	fast = 1.8
	// Between near and beyond times the known capacity the climb is gentle:
	// the line is likely full there. Past it the line has proved to be another
	// one than it was.
	near   = 0.85
	beyond = 1.08
	// A line that was full at the same rate before is likely the same line.
	beyondAlike = 1.15
	// Near the known capacity the growth per second is probeBase at first
	// and rises by probeRise with the square of the time without a queue.
	probeBase = 0.05
	probeRise = 0.05
	// careful is the fastest factor per second on the queue's word alone: a
	// queue on the line itself is then not seen.
	careful = 1.25
	// guard bounds the rate by what was really delivered, since a line that
	// is not asked for more proves nothing.
	guard = 1.8
	// ahead is the same past the known capacity, and nearly where the line is
	// likely full: an encoder is slow to follow a climb, and its next pictures
	// would overrun the line unseen.
	ahead  = 1.6
	nearly = 1.35
	barely = 1.2 // where it was full at the same rate twice
	// alike is how near two capacities are that count as the same. A line that
	// was full at the same rate twice is asked less eagerly, by this factor and
	// at most with this growth per second.
	alike   = 0.1
	calm    = 0.5
	calmest = 0.25
	// startFor is the time in which a climb is told as a start.
	startFor = 3 * time.Second
)

// climb raises the rate on a free line.
func (c *Controller) climb(s signals) Reason {
	c.memory.free(s.delivered)
	if c.draining > 0 {
		// The queue has drained. What the peer got meanwhile is proven too.
		c.kbps, c.draining = max(c.kbps, near*max(c.draining, s.lately)), 0
	}
	reason, growth := c.pace(s)
	if !s.kernel {
		reason, growth = NoKernelStats, min(growth, math.Log(careful))
	}
	next := c.kbps * math.Exp(growth*s.dt.Seconds())
	if lead := c.lead(); lead > 0 {
		next = min(next, max(c.kbps, lead*s.lately))
	}
	limit := max(guard*c.memory.peak, float64(c.limits.StartKbps))
	if s.now-c.connected >= startFor && next > limit {
		c.kbps = limit
		return AppLimited
	}
	c.kbps = next
	return reason
}

// lead is how far the rate may be above what the peer got lately, as a factor;
// 0 = as far as it will.
func (c *Controller) lead() float64 {
	known := c.memory.known()
	switch {
	case known == 0 || c.kbps <= near*known:
		return 0
	case c.kbps > c.memory.proved():
		return ahead
	case c.memory.alike:
		return barely
	}
	return nearly
}

// pace is how steep to climb, as the logarithm of the factor per second.
func (c *Controller) pace(s signals) (Reason, float64) {
	fastest, known := math.Log(fast), c.memory.known()
	switch {
	case known == 0 && s.now-c.connected < startFor:
		c.probeFrom = s.now
		return Start, fastest
	case known == 0 || c.kbps < near*known:
		c.probeFrom = s.now
		return Climb, fastest
	case c.kbps > c.memory.proved():
		return Climb, fastest
	}
	t := (s.now - c.probeFrom).Seconds()
	if s.receiver >= starvedShare {
		return ReceiverLimited, probeBase
	}
	growth := probeBase + probeRise*t*t
	if c.memory.alike {
		growth = min(calm*growth, calmest)
	}
	return Probe, min(fastest, growth)
}

// pow is a factor per second over a time.
func pow(factor float64, d time.Duration) float64 {
	return math.Pow(factor, d.Seconds())
}
