// Package guard is the small process beside the daemon that holds the lines
// which let something move or claim that a show is on air: when the daemon dies
// or hangs it puts them to rest.
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
	// Patience is the silence after which one of the two takes the other for
	// dead: three feeds missed, and room below the half second in which outputs
	// must be safe.
	Patience = 350 * time.Millisecond
)

// ErrSilent ends a guard whose daemon has fallen silent. The daemon may not know
// that time went by, and learns it by the guard's end.
var ErrSilent = errors.New("guard: the daemon has fallen silent; motor and red lamp are off")

// A word is one byte, '0' and the lines that are to be active.
const (
	rest  byte = '0'
	power byte = 1 << 0 // of the motor
	air   byte = 1 << 1 // the lamp
	red   byte = 1 << 2 // of the status light
	// fed is no line: the word comes from the conductor. Any other part of the
	// daemon may set a line while the conductor hangs, and feeds nobody by it.
	fed byte = 1 << 3
)

// Line is an output that the guard owns; a nil Pin is not fitted.
type Line struct {
	Pin       gpio.PinOut
	ActiveLow bool
}

// Lines are what the guard owns.
type Lines struct {
	// Deadman changes its level with every feed. A circuit that passes power
	// only while it sees edges is safe against anything that stops here.
	Deadman Line
	// Enable powers the motor's driver; Air and Red say that a show is on air.
	Enable, Air, Red Line
}

// Watch keeps the lines at rest unless it is told otherwise, until ctx or the
// feed ends, which is no error, or nobody feeds it. It leaves them at rest.
// Nothing is active before the first feed: a guard may follow on one that ended
// because the conductor hangs. The motor has no power before the daemon has once
// said that it needs none: that guard may have ended in the middle of a motion.
// What was done is said back, a byte for each word.
func Watch(ctx context.Context, feed io.Reader, back io.Writer, lines Lines) (err error) {
	w := watch{lines: lines, back: back}
	defer func() { err = errors.Join(err, w.set(rest)) }()
	if err := w.set(rest); err != nil {
		return err
	}
	if err := w.ready(); err != nil {
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
			if (word-rest)&fed != 0 {
				silence.Reset(Patience)
			}
			err = w.heard(word)
		case <-silence.C:
			err = ErrSilent
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
	lines Lines
	back  io.Writer
	edge  gpio.Level // of Deadman
	alive bool       // it was once fed
	armed bool       // power was once not asked for
}

// ready tells the daemon that the lines are at rest and that it can be fed.
func (w *watch) ready() error { return w.say(rest) }

// say tells the daemon what was done.
func (w *watch) say(did byte) error {
	if _, err := w.back.Write([]byte{did}); err != nil {
		return fmt.Errorf("guard: the daemon does not listen: %w", err)
	}
	return nil
}

func (w *watch) heard(word byte) error {
	if (word-rest)&power == 0 {
		w.armed = true
	}
	if (word-rest)&fed != 0 {
		if err := w.beat(); err != nil {
			return err
		}
	}
	if err := w.set(word); err != nil {
		return err
	}
	return w.say(rest + w.active(word))
}

// beat is a feed: the one thing that the dead-man line shows.
func (w *watch) beat() error {
	w.alive = true
	if w.lines.Deadman.Pin == nil {
		return nil
	}
	w.edge = !w.edge
	if err := w.lines.Deadman.Pin.Out(w.edge); err != nil {
		return fmt.Errorf("guard: dead-man line: %w", err)
	}
	return nil
}

// active is the lines that a word makes active.
func (w *watch) active(word byte) byte {
	lines := (word - rest) &^ fed
	switch {
	case !w.alive:
		return 0
	case !w.armed:
		return lines &^ power
	}
	return lines
}

// set drives the lines.
func (w *watch) set(word byte) error {
	active := w.active(word)
	return errors.Join(
		w.lines.Enable.drive("enable", active&power != 0),
		w.lines.Air.drive("lamp", active&air != 0),
		w.lines.Red.drive("red light", active&red != 0),
	)
}

func (l Line) drive(name string, active bool) error {
	if l.Pin == nil {
		return nil
	}
	if err := l.Pin.Out(gpio.Level(active != l.ActiveLow)); err != nil {
		return fmt.Errorf("guard: %s line: %w", name, err)
	}
	return nil
}
