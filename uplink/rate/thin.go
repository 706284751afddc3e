package rate

import "time"

const (
	// thinFrom is the age of the queue, or the time that the line needs for
	// it, from which on pictures are left out before they are encoded: what is
	// made now would be shown late.
	thinFrom = 400 * time.Millisecond
	// thinGap is the time between the pictures that are left. A viewer takes
	// 200 ms without a new one for a freeze.
	thinGap = 120 * time.Millisecond
	// stallSoft is the silence of the line from which on less is encoded, so
	// that what waits for its return stays small; at stallHard only stallLeast
	// of the rate is left.
	stallSoft  = 100 * time.Millisecond
	stallHard  = 600 * time.Millisecond
	stallLeast = 0.1
)

// thin tells whether to leave the next picture out.
func (s signals) thin() bool { return max(s.queue, s.total) > thinFrom && s.sincePicture < thinGap }

// stallShare is the part of the rate to encode at while the line is silent.
func (s signals) stallShare() float64 {
	if s.stalled <= stallSoft {
		return 1
	}
	silent := float64(s.stalled-stallSoft) / float64(stallHard-stallSoft)
	return max(stallLeast, 1-silent)
}
