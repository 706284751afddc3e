package rate

import "time"

// silence follows how long data has waited with nothing acknowledged.
type silence struct {
	moved time.Duration // when an acknowledgement last came, or is due at the earliest
	ended time.Duration // when the last silence worth the name did
	heard time.Duration // when an acknowledgement last came
	even  time.Duration // since when they have come evenly
}

// gust is a pause between acknowledgements that says nothing of the capacity:
// radio cells and busy computers make such pauses, and catch up after them.
const gust = 60 * time.Millisecond

// breath is the longest between two acknowledgements that come evenly on a line
// fast enough to judge: a tick and a little.
const breath = 30 * time.Millisecond

// pausing tells that none came just now.
func (x *silence) pausing(now time.Duration) bool { return now-x.heard > breath }

// evenly is how long acknowledgements have come evenly.
func (x *silence) evenly(now time.Duration) time.Duration { return now - x.even }

// take looks at one observation and is true when it ends a silence.
func (x *silence) take(o Observation, progress bool) (ends bool) {
	if ends = progress && o.Now-x.moved > stallSoft; ends {
		x.ended = o.Now
	}
	if o.Now-x.heard > gust {
		x.even = o.Now
	}
	if progress {
		x.heard = o.Now
	}
	switch {
	case o.QueueAge == 0 && o.QueuedBytes == 0 && o.InFlight == 0:
		x.moved = o.Now + o.MinRTT
	case progress:
		x.moved = o.Now
	}
	return ends
}
