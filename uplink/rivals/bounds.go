package rivals

import (
	"time"

	"studiobox/uplink/rate"
)

// unpacedKbps lets a burst leave as fast as any uplink takes it.
const unpacedKbps = 1_000_000

// bounds are limits in order: 1 <= least <= most.
type bounds struct{ least, most int }

func newBounds(l rate.Limits) bounds {
	least := max(1, l.FloorKbps)
	return bounds{least: least, most: max(least, l.CeilingKbps)}
}

func (b bounds) floor() int   { return b.least }
func (b bounds) ceiling() int { return b.most }

// within bounds a rate in kbit/s; what is not a number becomes the floor.
func (b bounds) within(kbps float64) int {
	switch {
	case !(kbps > float64(b.least)):
		return b.least
	case kbps > float64(b.most):
		return b.most
	}
	return int(kbps)
}

// decide is a decision of a rule that does not pace.
func (b bounds) decide(kbps float64, reason rate.Reason) rate.Decision {
	return rate.Decision{Kbps: b.within(kbps), Reason: reason, PacingKbps: unpacedKbps}
}

// clock makes time of what may run backwards.
type clock struct{ now time.Duration }

func (c *clock) read(o rate.Observation) time.Duration {
	c.now = max(c.now, o.Now)
	return c.now
}

// outflow counts the bytes that left the box. The originals count what they
// hand to their socket; with a small send buffer that is what was acknowledged
// and what is in flight. Without the kernel's word it is what was produced and
// does not wait any more.
type outflow struct {
	last   float64
	kernel bool
	known  bool
}

// bytes is how much left since the last call. A counter that falls belongs to
// a new connection, and counts from there.
func (f *outflow) bytes(o rate.Observation) float64 {
	total := float64(o.Produced) - float64(max(0, o.QueuedBytes))
	if o.Kernel {
		total = float64(o.Acked) + float64(max(0, o.InFlight))
	}
	left := total - f.last
	if !f.known || f.kernel != o.Kernel {
		left = 0
	}
	f.last, f.kernel, f.known = total, o.Kernel, true
	return max(0, left)
}
