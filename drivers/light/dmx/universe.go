// Package dmx dims fixtures by DMX512 over a serial port.
package dmx

import (
	"fmt"
	"math"
	"sync"
	"time"
)

// Port is a serial port that somebody opened at 250 kBd, 8 data bits, no
// parity, 2 stop bits.
type Port interface {
	Write(p []byte) (int, error)
	// Break holds the line low for a time.
	Break(lasts time.Duration) error
	Close() error
}

const (
	maxSlots = 512
	// minSlots keeps a short frame from following its break too soon: 24 slots
	// take longer than the 1204 µs from break to break that ANSI E1.11 asks for.
	minSlots = 24
)

// Config describes one universe.
type Config struct {
	Name string // of the port, e.g. "/dev/ttyUSB0"; errors carry it
	// Open opens the port anew, for each Run.
	Open func() (Port, error)
	// Slots is how many there are, 24 to 512; default 512. Those up to the last
	// fixture's are sent, at least 24.
	Slots int
}

// Universe is one DMX line with its up to 512 slots.
type Universe struct {
	cfg Config

	mu     sync.Mutex
	frame  []byte // start code 0, then the slots from 1
	given  []*Slot
	last   int       // slot that is sent
	began  time.Time // when the first slot got a level
	halted bool
	sent   uint64
}

// Stats is what a universe has done.
type Stats struct {
	Frames uint64 // sent since New
}

// New returns a universe. The port is opened by Run.
func New(cfg Config) (*Universe, error) {
	if cfg.Slots == 0 {
		cfg.Slots = maxSlots
	}
	if cfg.Slots < minSlots || cfg.Slots > maxSlots {
		return nil, fmt.Errorf("dmx on %s: %d slots: give %d to %d", cfg.Name, cfg.Slots, minSlots, maxSlots)
	}
	if cfg.Open == nil {
		return nil, fmt.Errorf("dmx on %s: no way to open the port: set Open", cfg.Name)
	}
	return &Universe{cfg: cfg, frame: make([]byte, 1+cfg.Slots), last: minSlots}, nil
}

// Channel returns the dimmer at an address (from 1) that has one slot: 256
// levels, whose first steps can be seen (3.5 L*; all are below 0.5 L* above
// L* 48). Use Wide where the fixture has it.
func (u *Universe) Channel(address int) (*Slot, error) { return u.claim(address, 1) }

// Wide returns the dimmer that has a coarse slot at the address and a fine one
// after it: 65,536 levels.
func (u *Universe) Wide(address int) (*Slot, error) { return u.claim(address, 2) }

func (u *Universe) claim(address, width int) (*Slot, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if last := u.cfg.Slots - width + 1; address < 1 || address > last {
		return nil, fmt.Errorf("dmx on %s: no address %d: give 1 to %d", u.cfg.Name, address, last)
	}
	for _, other := range u.given {
		if address < other.address+other.width && other.address < address+width {
			return nil, fmt.Errorf("dmx on %s: address %d is taken by the fixture at %d: readdress one of them", u.cfg.Name, address, other.address)
		}
	}
	s := &Slot{universe: u, address: address, width: width}
	u.given = append(u.given, s)
	u.last = max(u.last, address+width-1)
	return s, nil
}

// Halt makes every slot hold its level for good. Frames go on while Run lives,
// and the fixtures hold their last look after it. Safe from any goroutine, any
// number of times.
func (u *Universe) Halt() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.halted = true
	return nil
}

// Stats may be called at any time.
func (u *Universe) Stats() Stats {
	u.mu.Lock()
	defer u.mu.Unlock()
	return Stats{Frames: u.sent}
}

// Slot is one dimmer on the line.
type Slot struct {
	universe *Universe
	address  int
	width    int  // slots
	known    bool // it was given a level
	halted   bool
}

// Dim sets the level, 0..1; the next frame carries it. After Halt it does
// nothing.
func (s *Slot) Dim(fraction float64) error {
	u := s.universe
	if !(fraction >= 0 && fraction <= 1) {
		return fmt.Errorf("dmx on %s, address %d: %g is no fraction, give 0 to 1", u.cfg.Name, s.address, fraction)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.halted || s.halted {
		return nil
	}
	if u.began.IsZero() {
		u.began = time.Now()
	}
	s.known = true
	value := uint16(math.Round(fraction * float64(s.Levels()-1)))
	if s.width == 2 { // both bytes under one lock: no frame carries half of a change
		u.frame[s.address], u.frame[s.address+1] = byte(value>>8), byte(value)
	} else {
		u.frame[s.address] = byte(value)
	}
	return nil
}

// Halt makes this dimmer hold its level for good.
func (s *Slot) Halt() error {
	s.universe.mu.Lock()
	defer s.universe.mu.Unlock()
	s.halted = true
	return nil
}

// Levels returns how many different outputs there are.
func (s *Slot) Levels() int { return 1 << (8 * s.width) }
