package rivals

import (
	"time"

	"studiobox/uplink/rate"
)

// The constants of Larix Broadcaster's logarithmic descend.
const (
	larixMaxAge   = time.Second      // a frame older than this is dropped by the sender
	larixWindow   = 10 * time.Second // in which lost frames are counted
	larixMostLost = 4                // in the window, and the rate falls
	larixSettle   = 1500 * time.Millisecond
	larixClean    = time.Minute // without loss or change, and the rate rises
	larixDescent  = 1.414
	larixAscent   = 1.415
	larixFloor    = 4 // the rate never falls below this part of the full one
)

// Larix is the "logarithmic descend" mode of Larix Broadcaster: begin at the
// full rate; four frames lost in ten seconds divide it by the root of two, a
// clean minute multiplies it by that again. Frames count as lost when the
// sender drops them because they grew too old; here Observation.Dropped. Our
// queue drops up to the next key frame at once, so that more frames are lost
// at a time than there, but the count passes four either way.
type Larix struct {
	bounds bounds
	clock  clock
	kbps   float64

	dropped uint64 // as last observed
	known   bool
	losses  []larixLoss // of the window, oldest first
	lost    time.Duration
	changed time.Duration
}

// larixLoss is one observation in which frames were lost.
type larixLoss struct {
	at     time.Duration
	frames uint64
}

// NewLarix takes the ceiling as the full rate.
func NewLarix(limits rate.Limits) *Larix {
	b := newBounds(limits)
	return &Larix{bounds: b, kbps: float64(b.most)}
}

// Step counts lost frames and falls, or rises after a clean minute.
func (l *Larix) Step(o rate.Observation) rate.Decision {
	now := l.clock.read(o)
	if lost := l.count(o); lost > 0 {
		l.remember(now, lost)
	}
	full := float64(l.bounds.most)
	switch since := now - max(l.lost, l.changed); {
	case l.lostInWindow(now) >= larixMostLost && l.kbps > full/larixFloor:
		l.kbps, l.changed = max(l.kbps/larixDescent, full/larixFloor), now
		return l.bounds.decide(l.kbps, rate.StandingQueue)
	case since >= larixClean && l.kbps < full:
		l.kbps, l.changed = min(l.kbps*larixAscent, full), now
		return l.bounds.decide(l.kbps, rate.Probe)
	}
	return l.bounds.decide(l.kbps, rate.Hold)
}

func (l *Larix) remember(now time.Duration, frames uint64) {
	l.lost = now
	if last := len(l.losses) - 1; last >= 0 && l.losses[last].at == now {
		l.losses[last].frames += frames // a clock that stands must not fill the memory
		return
	}
	l.losses = append(l.losses, larixLoss{now, frames})
}

// count is how many frames were dropped since the last observation.
func (l *Larix) count(o rate.Observation) uint64 {
	before, known := l.dropped, l.known
	l.dropped, l.known = o.Dropped, true
	if !known || o.Dropped < before {
		return 0
	}
	return o.Dropped - before
}

// lostInWindow counts frames lost in the last ten seconds, but none from
// before the last change had time to work.
func (l *Larix) lostInWindow(now time.Duration) uint64 {
	from := now - larixWindow
	if l.changed > 0 {
		from = max(from, l.changed+larixSettle)
	}
	gone := 0
	for gone < len(l.losses) && l.losses[gone].at < from {
		gone++
	}
	l.losses = append(l.losses[:0], l.losses[gone:]...)
	var frames uint64
	for _, loss := range l.losses {
		frames += loss.frames
	}
	return frames
}
