package board

import (
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
)

// believed is for how long a chip that was there passes for being there.
const believed = 100 * time.Millisecond

// Read returns the level of an input, or what was last written to an output. Of
// an input whose chip is gone, as a USB adapter that was pulled, it is the one
// that starts nothing: a button is not pressed, and an emergency stop is.
func (l *line) Read() gpio.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held != nil {
		return l.level
	}
	level := l.PinIO.Read()
	if level == gpio.Low && l.gone() {
		pressed := l.wire.Role == profile.EStop
		return gpio.Level(l.wire.ActiveLow != pressed)
	}
	return level
}

// gone asks the kernel whether the line is lost: periph reads Low from it then.
func (l *line) gone() bool {
	now := time.Now()
	if now.Sub(l.there) < believed {
		return false
	}
	if l.kernel.holder() == "" {
		return true
	}
	l.there = now
	return false
}

// In makes the line an input, forgets the edges of earlier times and ends a
// wait in progress.
func (l *line) In(pull gpio.Pull, edge gpio.Edge) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endWait()
	defer l.letWait()
	l.edges = false
	if err := l.drop(); err != nil {
		return err
	}
	if err := l.forget(); err != nil {
		return err
	}
	if err := l.PinIO.In(pull, edge); err != nil {
		return err
	}
	l.edges = edge != gpio.NoEdge
	l.queued = l.edges
	return nil
}

// forget makes the kernel forget edges. It queues them from a thread of its own,
// which on a busy machine is late, so that no amount of reading tells when the
// last one is out; the end of a request waits for that thread and drops them all.
func (l *line) forget() error {
	if !l.queued {
		return nil
	}
	return l.free()
}

// Out makes the line an output at a level, or changes its level.
func (l *line) Out(level gpio.Level) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		return l.request(level)
	}
	if err := l.held.Set(level); err != nil {
		return err
	}
	l.level = level
	return nil
}

// request ends the line's time as an input and requests it as an output.
func (l *line) request(level gpio.Level) error {
	l.endWait()
	defer l.letWait()
	l.edges = false
	if err := l.free(); err != nil {
		return err
	}
	held, err := l.kernel.drive(level)
	if err != nil {
		return err
	}
	l.held, l.level = held, level
	return nil
}

// drop lets an output go.
func (l *line) drop() error {
	if l.held == nil {
		return nil
	}
	err := l.held.Close()
	l.held = nil
	return err
}

// free makes periph let an input go: the kernel gives a line to one holder.
func (l *line) free() error {
	l.queued = false
	switch pin := l.PinIO.(type) {
	case interface{ Close() }: // gpioioctl
		pin.Close()
	case interface{ Close() error }:
		return pin.Close()
	}
	return nil
}
