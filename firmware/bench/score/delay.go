package score

import (
	"math"
	"slices"
	"time"
)

// delays are arrival less capture of the window's frames, shortest first.
func delays(w window, frames []Frame) []time.Duration {
	var all []time.Duration
	for _, f := range frames {
		if w.holds(f.Number) {
			all = append(all, f.At-w.capture(f.Number))
		}
	}
	slices.Sort(all)
	return all
}

// percentile is the nearest-rank percentile of sorted durations in ms: the
// least of them that at least so many per cent do not exceed. nil of none.
func percentile(sorted []time.Duration, percent float64) *float64 {
	if len(sorted) == 0 {
		return nil
	}
	rank := int(math.Ceil(percent / 100 * float64(len(sorted))))
	ms := inMs(sorted[max(rank, 1)-1])
	return &ms
}

func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
