package app

import (
	"sync"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
)

// lateBus is the way to a device on a bus that may come later: a display that is
// not plugged in must not keep the box from starting. Until it was there once,
// each use asks for it again.
type lateBus struct {
	role profile.Role
	open func(profile.Role) (i2c.Bus, uint16, error)

	mu  sync.Mutex
	bus i2c.Bus // nil = not found yet
}

// String names the role before the device was found.
func (l *lateBus) String() string { return string(l.role) }

// SetSpeed is asked of the bus itself.
func (l *lateBus) SetSpeed(f physic.Frequency) error {
	bus, err := l.found()
	if err != nil {
		return err
	}
	return bus.SetSpeed(f)
}

// Tx fails with the board's own words while the device is not there.
func (l *lateBus) Tx(address uint16, w, r []byte) error {
	bus, err := l.found()
	if err != nil {
		return err
	}
	return bus.Tx(address, w, r)
}

func (l *lateBus) found() (i2c.Bus, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bus != nil {
		return l.bus, nil
	}
	bus, _, err := l.open(l.role)
	if err == nil {
		l.bus = bus
	}
	return bus, err
}
