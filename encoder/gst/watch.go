package gst

import (
	"fmt"
	"time"
)

// Limits of a child's patience with us and ours with it.
const (
	startLimit = 30 * time.Second       // from its start to ready; the first start on a slow card scans all plug-ins
	hearLimit  = 900 * time.Millisecond // without any message, although pinged
	takeLimit  = time.Second            // with units waiting for the pipeline
	quietLimit = time.Second            // with units taken and no picture given
	quietUnits = 10                     // as many units must have gone in before silence means a hang
)

// watch judges whether a child hangs. It knows no clock.
type watch struct {
	began  time.Time
	ready  bool
	live   bool      // its pictures come from a camera of its own
	heard  time.Time // last message; zero before the first
	judged time.Time // last verdict

	given, taken int64
	moved        time.Time // last time that the pipeline took something, or began to have something to take

	unanswered int       // units whose picture is expected, since the last picture
	quiet      time.Time // since when
}

func newWatch(now time.Time) watch { return watch{began: now, judged: now} }

// greet notes that the child is ready: from now on a camera's pictures are due.
func (w *watch) greet(now time.Time) { w.ready, w.quiet = true, now }

func (w *watch) hear(now time.Time) { w.heard = now }

// give notes a unit sent; expects tells whether a picture shall come of it.
func (w *watch) give(now time.Time, expects bool) {
	if w.given <= w.taken {
		w.moved = now
	}
	w.given++
	if !expects {
		return
	}
	if w.unanswered == 0 {
		w.quiet = now
	}
	w.unanswered++
}

// take notes how many units the child's pipeline has taken in all. It may be
// quicker than the note of the last one given, hence one more than given.
func (w *watch) take(now time.Time, total int64) {
	if total > w.taken && total <= w.given+1 {
		w.taken, w.moved = total, now
	}
}

func (w *watch) picture(now time.Time) { w.unanswered, w.quiet = 0, now }

// underWay is how many units were sent and not yet taken.
func (w *watch) underWay() int64 { return w.given - w.taken }

// verdict returns an error that wraps ErrHung, or nil. quiet is how long the
// child may take units without giving a picture.
func (w *watch) verdict(now time.Time, quiet time.Duration) error {
	// When we were stopped ourselves (a debugger, a starved machine), the
	// child's answers are waiting unread: that is not its fault.
	if gap := now.Sub(w.judged); gap > 3*pingEvery {
		w.excuse(gap)
	}
	w.judged = now
	switch {
	case !w.ready && now.Sub(w.began) > startLimit:
		return fmt.Errorf("%w at its start: not ready after %v", ErrHung, startLimit)
	case !w.heard.IsZero() && now.Sub(w.heard) > hearLimit:
		return fmt.Errorf("%w: no answer for %v", ErrHung, hearLimit)
	case w.underWay() > 0 && now.Sub(w.moved) > takeLimit:
		return fmt.Errorf("%w: its pipeline took nothing for %v", ErrHung, takeLimit)
	case w.live && w.ready && now.Sub(w.quiet) > quiet:
		return fmt.Errorf("%w: no picture of its camera for %v", ErrHung, quiet)
	case w.unanswered >= quietUnits && now.Sub(w.quiet) > quiet:
		return fmt.Errorf("%w: no picture came of %d units in %v", ErrHung, w.unanswered, quiet)
	}
	return nil
}

// excuse moves the child's marks on by the time that we were away.
func (w *watch) excuse(gap time.Duration) {
	w.began = w.began.Add(gap)
	if !w.heard.IsZero() {
		w.heard = w.heard.Add(gap)
	}
	w.moved = w.moved.Add(gap)
	w.quiet = w.quiet.Add(gap)
}
