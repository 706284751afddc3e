package score

import (
	"math"
	"time"
)

// settled is when a constant line should no longer make the rate change.
const settled = 30 * time.Second

// changes counts how often the produced rate's mean over a second has moved by
// more than a fraction from where it was at the change before. Measured from
// the last change and not from the second before, so that many small steps
// count for what they add up to.
func changes(p produced, from, to time.Duration, fraction float64) int {
	count, level := 0, -1.0
	for at := from; at+time.Second <= to; at += time.Second {
		// Samples lie on the seconds; the second begins with its own.
		rate := p.mean(at-1, at+time.Second-1)
		switch {
		case level < 0:
			level = rate
		case math.Abs(rate-level) > fraction*level:
			count, level = count+1, rate
		}
	}
	return count
}

// changesPerMinute is nil where there is less than two seconds to compare.
func changesPerMinute(p produced, from, to time.Duration, fraction float64) *float64 {
	if to-from < 2*time.Second {
		return nil
	}
	perMinute := float64(changes(p, from, to, fraction)) / (to - from).Minutes()
	return &perMinute
}
