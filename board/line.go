package board

import (
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
)

// slice is how long one wait inside the driver lasts at most: the delay with
// which Halt and In end a wait.
const slice = 50 * time.Millisecond

// staleEdges is more than the kernel queues for one line (16).
const staleEdges = 64

// line is a pin in a role. It stands between the drivers and periph's
// gpioioctl, whose lines wait no time at all on -1, lose a Halt that comes
// before the wait, keep old edges over In, and turn an output into an input
// when they are read.
type line struct {
	gpio.PinIO
	wire profile.Wire

	mu      sync.Mutex
	output  bool
	level   gpio.Level // last written
	edges   bool       // In asked for edges
	changes int        // counts In, Out and Halt, each of which ends a wait
}

func newLine(pin gpio.PinIO, w profile.Wire) *line { return &line{PinIO: pin, wire: w} }

// restLevel is the level at which an output does nothing.
func (l *line) restLevel() gpio.Level { return gpio.Level(l.wire.ActiveLow) }

// begin claims the line from the kernel in the state that does nothing.
func (l *line) begin() error {
	if l.wire.Output {
		return l.Out(l.restLevel())
	}
	return l.In(l.wire.Pull, gpio.NoEdge)
}

// rest is Halt for the whole board.
func (l *line) rest() error {
	if !l.wire.Output {
		return l.Halt()
	}
	if err := l.Out(l.restLevel()); err != nil {
		return fmt.Errorf("board: role %s on %s: %w", l.wire.Role, l.wire.Pin, err)
	}
	return nil
}

// String names the role and the line.
func (l *line) String() string { return fmt.Sprintf("%s(%s)", l.wire.Role, l.wire.Pin) }

// Name returns the kernel's name of the line, also where periph renamed it.
func (l *line) Name() string { return l.wire.Pin }

// Function tells the direction without touching the line.
func (l *line) Function() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.output {
		return string(gpio.OUT)
	}
	return string(gpio.IN)
}

// In makes the line an input, forgets the edges of earlier times and ends a
// wait in progress.
func (l *line) In(pull gpio.Pull, edge gpio.Edge) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes++
	l.edges = false
	if err := l.PinIO.In(pull, edge); err != nil {
		return err
	}
	l.output, l.edges = false, edge != gpio.NoEdge
	for range staleEdges {
		if !l.edges || !l.PinIO.WaitForEdge(time.Millisecond) {
			break
		}
	}
	return nil
}

// Read returns the level of an input, or what was last written to an output.
func (l *line) Read() gpio.Level {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.output {
		return l.level
	}
	return l.PinIO.Read()
}

// Out makes the line an output at a level, or changes its level.
func (l *line) Out(level gpio.Level) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.PinIO.Out(level); err != nil {
		return err
	}
	if !l.output {
		l.changes++
	}
	l.output, l.level, l.edges = true, level, false
	return nil
}

// WaitForEdge waits for an edge; a negative timeout waits without end. It
// returns false at once on a line that has no edges to wait for, which is the
// case after Halt until the next In.
func (l *line) WaitForEdge(timeout time.Duration) bool {
	l.mu.Lock()
	began, edges := l.changes, l.edges
	l.mu.Unlock()
	deadline := time.Now().Add(timeout)
	for edges {
		wait := slice
		if timeout >= 0 {
			// gpioioctl takes 0 for ever, so never ask for less than something.
			wait = max(min(wait, time.Until(deadline)), time.Millisecond)
		}
		seen := l.PinIO.WaitForEdge(wait)
		l.mu.Lock()
		changed := l.changes != began
		l.mu.Unlock()
		switch {
		case changed:
			return false
		case seen:
			return true
		case timeout >= 0 && time.Until(deadline) <= 0:
			return false
		}
	}
	return false
}

// Halt ends a wait in progress, and every later one until In is called.
func (l *line) Halt() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes++
	l.edges = false
	return nil
}
