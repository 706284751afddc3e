package rate

import "time"

const (
	// stallAfter is the silence of the peer, while data waits, that counts
	// as an outage. A round trip with a lost packet or two is shorter.
	stallAfter = time.Second
	// afterOutage is the share of the known capacity to begin with again.
	afterOutage = 0.7
	// Overdue is the age of a backlog that is not worth the line's time any
	// more: three quarters of the 2 s in which a picture may reach the ingest.
	Overdue = 1500 * time.Millisecond
	// tooMuch is how long the line may need for all that waits, when at least
	// half of it waits on our side and can be dropped.
	tooMuch = 650 * time.Millisecond
	// flushEvery keeps flushes apart, so that a flushed queue can prove itself.
	flushEvery = time.Second
	// settle is the time in which a new connection may send what had waited
	// for it: the picture is there sooner than with a new key frame.
	settle = 500 * time.Millisecond
)

// outage holds the rate below the known capacity while nothing gets through,
// and begins with a fresh key frame when something does.
func (c *Controller) outage(s signals) (Decision, bool) {
	out := !s.connected || s.kernel && s.stalled >= stallAfter
	switch {
	case out:
		c.silent = true
		c.restart(s)
		d := Decision{Reason: Outage}
		if s.connected {
			d.Flush = c.flush(s)
		}
		return d, true
	case c.silent:
		c.silent = false
		if s.queue > Overdue && !s.fresh {
			c.flushedAt = s.now
			return Decision{Reason: Outage, Flush: true, ForceKey: true}, true
		}
	}
	return Decision{}, false
}

// restart lowers the rate to a share of what the line is known to carry.
func (c *Controller) restart(s signals) {
	if c.memory.capacity > 0 {
		c.kbps = min(c.kbps, afterOutage*c.memory.capacity)
	} else {
		c.kbps = min(c.kbps, float64(c.limits.StartKbps))
	}
	c.cutAt, c.probeFrom, c.draining = s.now, s.now, 0
}

// overdue drops a backlog that has become too old to be shown.
func (c *Controller) overdue(s signals) (Decision, bool) {
	if !c.flush(s) {
		return Decision{}, false
	}
	if s.capacity > 0 {
		c.memory.congested(s.capacity)
	}
	c.restart(s)
	if s.capacity > 0 {
		c.kbps = min(c.kbps, afterOutage*s.capacity)
	}
	return Decision{Reason: StandingQueue, Flush: true, ForceKey: true}, true
}

// flush tells whether the queue is overdue, or will be before the line has taken
// it, and may be flushed.
func (c *Controller) flush(s signals) bool {
	willBe := s.total > tooMuch && s.drain > tooMuch/2 && !s.ours
	if s.queue < Overdue && !willBe || s.now-c.flushedAt < flushEvery || s.now-c.connected < settle {
		return false
	}
	c.flushedAt = s.now
	return true
}
