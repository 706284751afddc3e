// Package lens moves zoom and focus, by servo, by stepper, or by asking a camera.
package lens

import (
	"errors"
	"fmt"
	"time"
)

// Axis is one ring of a lens.
type Axis interface {
	// To asks for a place from 0 (wide, near) to 1 (tele, far) and never blocks;
	// only the newest place counts. Whoever runs the axis moves it there, no
	// faster than it may. It is an error outside 0..1 and after Halt.
	// It leases the motion for 500 ms: Renew in time.
	To(fraction float64) error
	// Renew prolongs the lease to 500 ms from now. Without it a motion ends where
	// it has come to, and a late Renew does not begin it again.
	Renew()
	// Halt stops the motion at once and holds the place, for good. Safe from any
	// goroutine, any number of times.
	Halt() error
}

// Lease is how long a motion goes on without another Renew.
const Lease = 500 * time.Millisecond

var errHalted = errors.New("it was halted: start the program again")

// wish is the newest place that was asked for.
type wish struct {
	name    string // "zoom" or "focus", for errors
	changed chan struct{}
	place   float64
	asked   bool
	halted  bool
	until   time.Time // the end of the lease
}

func newWish(name string) wish { return wish{name: name, changed: make(chan struct{}, 1)} }

// to takes a new place; whoever calls it holds the lock of its axis.
func (w *wish) to(fraction float64) error {
	if !(fraction >= 0 && fraction <= 1) { // NaN too
		return fmt.Errorf("lens %s: %g is no place, give 0 to 1", w.name, fraction)
	}
	if w.halted {
		return fmt.Errorf("lens %s: %w", w.name, errHalted)
	}
	w.place, w.asked, w.until = fraction, true, time.Now().Add(Lease)
	w.wake()
	return nil
}

// renew prolongs a lease that has not ended.
func (w *wish) renew() {
	if !w.lapsed() {
		w.until = time.Now().Add(Lease)
	}
}

// lapsed tells whether nobody stands behind the wish any more.
func (w *wish) lapsed() bool { return !time.Now().Before(w.until) }

func (w *wish) wake() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// rest is how long to wait when only a new wish can change anything.
const rest = time.Hour
