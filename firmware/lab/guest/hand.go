package main

import (
	"context"
	"sync"
	"time"
)

// contact is a push button between a line and its rail.
type contact struct {
	line
	activeLow bool
}

// release leaves the line to its resistor.
func (c contact) release() error { return c.pull(c.activeLow) }

// finger is a finger on a contact.
type finger struct {
	contact
	up   func()
	gone chan struct{}
}

// again is how often a finger renews its press: gpio-sim lets a program's
// pull-up win over whoever pulled the line down before, a finger does not.
const again = 2 * time.Millisecond

// press puts a finger on the contact.
func (c contact) press() *finger {
	up := make(chan struct{})
	f := &finger{c, sync.OnceFunc(func() { close(up) }), make(chan struct{})}
	_ = c.pull(!c.activeLow) // a line that cannot be pulled shows in the story
	go func() {
		defer close(f.gone)
		ticks := time.NewTicker(again)
		defer ticks.Stop()
		for {
			select {
			case <-up:
				return
			case <-ticks.C:
				_ = c.pull(!c.activeLow)
			}
		}
	}()
	return f
}

// lift takes the finger off; a second time does nothing.
func (f *finger) lift() {
	f.up()
	<-f.gone
	_ = f.release()
}

// lamp is the on-air lamp, seen from the studio.
type lamp struct {
	line
	activeLow bool
	// blink is how long the lamp may have shone for another pattern before on
	// air begins without a gap; 0 where a status light plays the others.
	blink time.Duration
}

// lit tells whether the lamp shines.
func (l lamp) lit() (bool, error) {
	high, err := l.high()
	return high != l.activeLow, err
}

const (
	// look is how often the player looks at the lamp.
	look = 2 * time.Millisecond
	// steadyLit is longer than any pattern shines that does not mean on air, and
	// steadyDark longer than the notches of those that do.
	steadyLit, steadyDark = 1200 * time.Millisecond, 500 * time.Millisecond
)

// await waits until the lamp has shone, or been dark, for so long that it means
// something, and returns when that began. Each time when the lamp is as awaited
// for longer than a blink, turned is called if it is not nil.
func (l lamp) await(ctx context.Context, lit bool, turned func()) (time.Time, error) {
	steady := steadyDark
	if lit {
		steady = steadyLit
	}
	var since time.Time
	told := turned == nil
	for {
		now, err := l.lit()
		switch {
		case err != nil:
			return time.Time{}, err
		case now != lit:
			since, told = time.Time{}, turned == nil
		case since.IsZero():
			since = time.Now()
		case !told && time.Since(since) >= l.blink:
			told = true
			turned()
		case told && time.Since(since) >= steady:
			return since, nil
		}
		if err := sleep(ctx, look); err != nil {
			return time.Time{}, err
		}
	}
}

// sleep ends early when ctx does.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
