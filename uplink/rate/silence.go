package rate

import "time"

// silence follows how long data has waited with nothing acknowledged.
type silence struct {
	moved time.Duration // when an acknowledgement last came, or is due at the earliest
	ended time.Duration // when the last silence worth the name did
}

// take looks at one observation and is true when it ends a silence.
func (x *silence) take(o Observation, progress bool) (ends bool) {
	if ends = progress && o.Now-x.moved > stallSoft; ends {
		x.ended = o.Now
	}
	switch {
	case o.QueueAge == 0 && o.QueuedBytes == 0 && o.InFlight == 0:
		x.moved = o.Now + o.MinRTT
	case progress:
		x.moved = o.Now
	}
	return ends
}
