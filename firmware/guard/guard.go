// Package guard is the small process beside the daemon that holds the lines
// which let something move: when the daemon dies or hangs it lets go of them.
package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"periph.io/x/conn/v3/gpio"
)

const (
	// Every is how often the daemon feeds its guard.
	Every = 100 * time.Millisecond
	// Patience is the silence after which the daemon counts as dead: three
	// feeds missed, and room below the half second in which outputs must be
	// safe.
	Patience = 350 * time.Millisecond
)

// The two things that a daemon says.
const (
	rest byte = 'r' // alive, nothing may move
	move byte = 'm' // alive, the motor may be powered
)

// Lines are the outputs that the guard owns; nil = not fitted.
type Lines struct {
	// Deadman changes its level with every feed. A circuit that passes power
	// only while it sees edges is safe against anything that stops here.
	Deadman gpio.PinOut
	// Enable powers the motor's driver.
	Enable gpio.PinOut
	// EnableActiveLow: a low level powers it.
	EnableActiveLow bool
}

// Watch keeps the lines at rest unless it is fed, until ctx or the feed ends; it
// leaves them at rest. At first, and after a silence, nothing moves before the
// daemon has said "rest" once: it may not know that time went by.
func Watch(ctx context.Context, feed io.Reader, lines Lines) (err error) {
	w := watch{lines: lines, lapsed: true} // a guard may follow on one that failed
	defer func() { err = errors.Join(err, w.let(false)) }()
	if err := w.let(false); err != nil {
		return err
	}
	said := make(chan byte)
	ended := make(chan error, 1)
	go func() { ended <- listen(ctx, feed, said) }() // ends with the feed, at the latest with the process
	silence := time.NewTimer(Patience)
	defer silence.Stop()
	for err == nil {
		select {
		case word := <-said:
			silence.Reset(Patience)
			err = w.heard(word)
		case <-silence.C:
			err = w.lapse()
		case err = <-ended:
			return err
		case <-ctx.Done():
			return nil
		}
	}
	return err
}

// listen passes on what is said; nil at the feed's end.
func listen(ctx context.Context, feed io.Reader, said chan<- byte) error {
	var word [1]byte
	for {
		if _, err := io.ReadFull(feed, word[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("guard: the daemon cannot be heard: %w", err)
		}
		select {
		case said <- word[0]:
		case <-ctx.Done():
			return nil
		}
	}
}

// watch is the guard's state.
type watch struct {
	lines  Lines
	level  gpio.Level // of Deadman
	lapsed bool
}

func (w *watch) heard(word byte) error {
	if word == rest {
		w.lapsed = false
	}
	if w.lines.Deadman != nil {
		w.level = !w.level
		if err := w.lines.Deadman.Out(w.level); err != nil {
			return fmt.Errorf("guard: dead-man line: %w", err)
		}
	}
	return w.let(word == move && !w.lapsed)
}

// lapse is what follows on silence.
func (w *watch) lapse() error {
	w.lapsed = true
	return w.let(false)
}

// let powers the motor, or not.
func (w *watch) let(powered bool) error {
	if w.lines.Enable == nil {
		return nil
	}
	level := gpio.Level(powered != w.lines.EnableActiveLow)
	if err := w.lines.Enable.Out(level); err != nil {
		return fmt.Errorf("guard: enable line: %w", err)
	}
	return nil
}
