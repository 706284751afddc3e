package worker

import (
	"time"

	"studiobox/encoder/gst/internal/wire"
)

// holdAfter is how long a camera is automatic before what it found is held: lamps
// take 0.8 s to their new look, and the automatic another second or two to follow.
const holdAfter = 3 * time.Second

// holder cuts a tuning that holds in two: first the same with its rest automatic,
// since there is nothing yet to hold in new light or after the camera's start.
type holder struct {
	tuning wire.Tuning
	since  time.Time
	waits  bool
}

// begin takes a new tuning and returns what to apply at once.
func (h *holder) begin(now time.Time, t wire.Tuning) wire.Tuning {
	h.tuning, h.since, h.waits = t, now, t.Hold
	t.Hold = false
	return t
}

// due returns, once, the tuning that holds.
func (h *holder) due(now time.Time) (t wire.Tuning, ok bool) {
	if !h.waits || now.Sub(h.since) < holdAfter {
		return wire.Tuning{}, false
	}
	h.waits = false
	return h.tuning, true
}
