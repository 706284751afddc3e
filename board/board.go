// Package board knows which computer this is: it opens pins, PWM channels,
// buses and ports by role and reads the machine's vital signs.
package board

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"go.bug.st/serial"
	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
)

// Board is a set of opened pins and channels, and of what was opened since.
type Board struct {
	profile  profile.Profile
	machine  machine
	lines    []*line
	channels []*pwmChannel

	mu    sync.Mutex
	buses map[int]*i2cBus
	ports map[profile.Role]serial.Port
}

// Open finds every pin and PWM channel of the profile on this machine and
// takes hold of it: outputs at their dark or resting level, inputs with their
// pull, lights as they are. It fails as a whole, naming the role and the mend,
// and leaves nothing lit behind. With roles named it takes hold of those alone:
// another process works the others.
// Buses and ports are opened when they are asked for.
//
// periph looks for GPIO chips once per process: after a failure start anew.
func Open(p profile.Profile, roles ...profile.Role) (*Board, error) {
	return open(p, hardware(), roles...)
}

func open(p profile.Profile, m machine, roles ...profile.Role) (*Board, error) {
	if err := cmp.Or(m.suits(p), m.ready()); err != nil {
		return nil, fmt.Errorf("board %s: %w", p.Name, err)
	}
	b := &Board{profile: p, machine: m, buses: map[int]*i2cBus{}, ports: map[profile.Role]serial.Port{}}
	for _, role := range roles {
		if _, ok := p.Wire(role); !ok {
			return nil, notFitted(role)
		}
	}
	for _, w := range p.Wires {
		if len(roles) > 0 && !slices.Contains(roles, w.Role) {
			continue
		}
		if err := b.take(w); err != nil {
			_ = b.Close() // the first error is the one to tell
			return nil, fmt.Errorf("board %s: role %s: %w", p.Name, w.Role, err)
		}
	}
	return b, nil
}

func (b *Board) take(w profile.Wire) error {
	switch w.Kind {
	case profile.Pin:
		return b.takePin(w)
	case profile.PWM:
		channel, err := b.machine.pwm.open(w)
		if err == nil {
			b.channels = append(b.channels, channel)
		}
		return err
	}
	return nil
}

func (b *Board) takePin(w profile.Wire) error {
	pin := b.machine.byName(w.Pin)
	if pin == nil {
		if _, denied := b.machine.chips(); denied != nil {
			return denied // the line may well be on that chip
		}
		return fmt.Errorf("this machine has no line %s: `gpioinfo` lists its lines, `studiobox pins` those of the profile", w.Pin)
	}
	kernel := b.machine.lineOf(pin)
	l := newLine(pin, w, kernel)
	if err := l.begin(); err != nil {
		return explainLine(err, w, kernel.holder())
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
	return nil, b.missing(role, profile.Pin)
}

// Out returns the output of a role: a pin, or a PWM channel, for which duty is
// the time at the active level.
func (b *Board) Out(role profile.Role) (gpio.PinOut, error) {
	for _, c := range b.channels {
		if c.wire.Role == role {
			return c, nil
		}
	}
	for _, l := range b.lines {
		if l.wire.Role == role && l.wire.Output {
			return l, nil
		}
	}
	return nil, b.missing(role, profile.Pin|profile.PWM)
}

// missing says why a role cannot be had as one of the kinds.
func (b *Board) missing(role profile.Role, kinds profile.Kind) error {
	w, ok := b.profile.Wire(role)
	switch {
	case !ok:
		return notFitted(role)
	case w.Kind&kinds == 0:
		return fmt.Errorf("board: role %s is wired to %s, and this part wants %s: change the table [%s]", role, w.Kind, kinds, role)
	case !w.Output && kinds&profile.PWM != 0:
		return fmt.Errorf("board: role %s is an input and cannot be driven: wire another role", role)
	}
	return fmt.Errorf("board: role %s belongs to another process: open it by its name there", role)
}

func notFitted(role profile.Role) error {
	return fmt.Errorf("board: no pin plays the role %s: add a table [%s] to the board profile", role, role)
}

// Halt ends every wait and puts every output at rest; lights and lenses hold
// what they show. It goes on after an error and returns the first.
func (b *Board) Halt() error {
	var first error
	for _, l := range b.lines {
		first = cmp.Or(first, l.rest())
	}
	for _, c := range b.channels {
		first = cmp.Or(first, c.Halt())
	}
	return first
}

// Close halts, lets every line go and closes buses and ports. It goes on after
// an error and returns the first; nothing of the board may be used afterwards.
func (b *Board) Close() error {
	first := b.Halt()
	for _, l := range b.lines {
		first = cmp.Or(first, l.close())
	}
	for _, c := range b.channels {
		first = cmp.Or(first, c.close())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, bus := range b.buses {
		first = cmp.Or(first, bus.Close())
	}
	for _, port := range b.ports {
		first = cmp.Or(first, port.Close())
	}
	clear(b.buses)
	clear(b.ports)
	return first
}
