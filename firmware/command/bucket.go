package command

import "time"

// bucket lets a burst through, and then so many a second. It has no clock and no
// lock.
type bucket struct {
	perSecond float64
	burst     float64

	spent float64 // tokens that are gone
	at    time.Time
}

// has tells whether there is a token, without taking it.
func (b *bucket) has(now time.Time) bool {
	if gone := now.Sub(b.at).Seconds(); gone > 0 {
		b.spent = max(b.spent-gone*b.perSecond, 0)
		b.at = now
	}
	return b.spent <= b.burst-1
}

// take takes a token, and tells whether there was one.
func (b *bucket) take(now time.Time) bool {
	if !b.has(now) {
		return false
	}
	b.spent++
	return true
}
