package rate

import (
	"math"
	"time"
)

const (
	// burst is how much faster than the target a key frame may leave the box.
	burst = 2
	// relief is the share of the capacity to send at while the line's own
	// queue is long: full, it loses packets, whose repeats are later than any
	// queue of ours.
	relief = 0.8
	// alone is how long a line must have been ours before it is no longer
	// called crowded: other transfers come and go.
	alone = 10 * time.Second
)

// Controller is the state between two observations. It is not safe for
// concurrent use.
type Controller struct {
	limits Limits
	senses senses
	memory memory

	kbps      float64
	connected time.Duration // since when
	cutAt     time.Duration // last change downwards
	probeFrom time.Duration // since when the rate is near the known capacity
	flushedAt time.Duration
	draining  float64       // capacity in kbit/s below which a queue is being drained, 0 = none
	crowded   bool          // the line's queue is somebody else's
	crowdedAt time.Duration // when it last was
	racing    bool          // the last step climbed fast: a queue is likely our own doing
	silent    bool          // in an outage
}

// New makes a controller that starts at limits.StartKbps.
func New(limits Limits) *Controller {
	limits = limits.sane()
	return &Controller{limits: limits, kbps: float64(limits.StartKbps), flushedAt: -longest, cutAt: -longest, crowdedAt: -longest}
}

// Step judges one observation; it is called every 25 ms. It allocates nothing.
func (c *Controller) Step(o Observation) Decision {
	s := c.senses.take(o)
	if s.fresh {
		c.connected, c.probeFrom = s.now, s.now
	}
	if s.crowded != c.crowded {
		c.crowded = s.crowded
		c.memory.forget() // it is another line now
	}
	if s.crowded {
		c.crowdedAt = s.now
	}
	c.memory.learn(s)
	d := c.judge(s)
	d.Crowded = s.now-c.crowdedAt < alone
	c.kbps = c.limits.within(c.kbps)
	c.senses.wanted = c.kbps
	d.Kbps = int(math.Round(c.limits.within(c.kbps * s.stallShare())))
	d.Skip = s.connected && s.thin()
	d.PacingKbps = int(math.Round(c.pacing(s)))
	d.CapacityKbps = int(min(c.memory.capacity, math.MaxInt32))
	return d
}

// pacing is how fast a burst may leave the box. While a queue drains it is
// little more than what the line carries: faster, the backlog would only move
// into the line's own queue, which overflows.
func (c *Controller) pacing(s signals) float64 {
	switch {
	case s.crowded:
		return burst * c.kbps
	case c.draining > 0 && s.line > highQueue:
		// Never below the rate itself: where others share the line, what we
		// got is no capacity, and less of it would be less each time.
		return max(relief*c.draining, c.kbps)
	case c.draining > 0:
		return min(headroom*max(c.draining, c.kbps), fastestLine)
	}
	return max(burst*c.kbps, c.memory.pace())
}

// judge tries the rules in order; the first that applies sets the rate.
func (c *Controller) judge(s signals) Decision {
	if d, applies := c.outage(s); applies {
		return d
	}
	if d, applies := c.overdue(s); applies {
		return d
	}
	if reason, applies := c.congested(s); applies {
		c.probeFrom, c.racing = s.now, false
		return Decision{Reason: reason}
	}
	reason := c.climb(s)
	c.racing = (reason == Climb || reason == Start) && c.kbps < float64(c.limits.CeilingKbps) && s.now-c.connected >= settle
	return Decision{Reason: reason}
}
