package command

import "time"

// bucket lets a burst through, and then so much a second. It has no clock and no
// lock.
type bucket struct {
	perSecond float64
	burst     float64

	spent float64 // what is gone
	at    time.Time
}

// has tells whether there is so much, without taking it.
func (b *bucket) has(now time.Time, much float64) bool {
	if gone := now.Sub(b.at).Seconds(); gone > 0 {
		b.spent = max(b.spent-gone*b.perSecond, 0)
		b.at = now
	}
	return b.spent <= b.burst-much
}

// take takes one, and tells whether there was one.
func (b *bucket) take(now time.Time) bool {
	if !b.has(now, 1) {
		return false
	}
	b.spent++
	return true
}
