// Package board knows which computer this is: it opens the pins by role and
// reads the machine's vital signs.
package board

import (
	"cmp"
	"errors"
	"fmt"
	"syscall"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
)

// Board is a set of opened pins.
type Board struct {
	lines []*line
}

// Open finds every pin of the profile on this machine and takes hold of it:
// outputs at their dark or resting level, inputs with their pull. It fails as
// a whole, naming the role and the mend, and leaves nothing lit behind.
//
// periph looks for GPIO chips once per process: after a failure start anew.
func Open(p profile.Profile) (*Board, error) {
	return open(p, hardware())
}

func open(p profile.Profile, m machine) (*Board, error) {
	if err := m.ready(); err != nil {
		return nil, fmt.Errorf("board %s: %w", p.Name, err)
	}
	b := &Board{}
	for _, w := range p.Wires {
		if err := b.take(w, m); err != nil {
			_ = b.Halt() // the first error is the one to tell
			return nil, fmt.Errorf("board %s: role %s: %w", p.Name, w.Role, err)
		}
	}
	return b, nil
}

func (b *Board) take(w profile.Wire, m machine) error {
	pin := m.byName(w.Pin)
	if pin == nil {
		return fmt.Errorf("this machine has no line %s: `gpioinfo` lists its lines, `studiobox pins` those of the profile", w.Pin)
	}
	l := newLine(pin, w)
	if err := l.begin(); errors.Is(err, syscall.EBUSY) {
		return fmt.Errorf("line %s is held by another program: `gpioinfo` names it; stop it, or choose another pin", w.Pin)
	} else if err != nil {
		return fmt.Errorf("line %s: %w", w.Pin, err)
	}
	b.lines = append(b.lines, l)
	return nil
}

// Pin returns the pin of a role, cured of the faults of its driver.
func (b *Board) Pin(role profile.Role) (gpio.PinIO, error) {
	for _, l := range b.lines {
		if l.wire.Role == role {
			return l, nil
		}
	}
	return nil, fmt.Errorf("board: no pin plays the role %s: add a table [%s] to the board profile", role, role)
}

// Halt ends every wait and puts every output at rest. It goes on after an
// error and returns the first.
func (b *Board) Halt() error {
	var first error
	for _, l := range b.lines {
		first = cmp.Or(first, l.rest())
	}
	return first
}
