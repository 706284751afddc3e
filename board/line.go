package board

import (
	"cmp"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
)

// slice is how long one wait inside the driver lasts at most: the delay with
// which Halt, In and Out end a wait.
const slice = 50 * time.Millisecond

// output is a line that is held as an output.
type output interface {
	Set(level gpio.Level) error
	Close() error
}

// line is a pin in a role. It stands between the drivers and periph's
// gpioioctl, whose lines wait no time at all on -1, lose a Halt that comes
// before the wait, keep old edges over In, drive Low before their first Out,
// turn an output into an input when they are read, and read Low once their chip
// is gone. Inputs are periph's; outputs are requested from the kernel with their
// first level.
type line struct {
	gpio.PinIO
	wire   profile.Wire
	kernel kernelLine

	changes atomic.Int64  // counts In, Out and Halt, each of which ends a wait
	waiter  chan struct{} // holds a token while a wait is inside the driver

	mu    sync.Mutex
	held  output     // nil = an input
	level gpio.Level // last written
	edges bool       // In asked for edges
	// queued: the kernel has had edges to tell since the line was last free.
	queued bool
	// there is when the kernel last said that the line is still ours.
	there time.Time
}

func newLine(pin gpio.PinIO, w profile.Wire, kernel kernelLine) *line {
	return &line{PinIO: pin, wire: w, kernel: kernel, waiter: make(chan struct{}, 1)}
}

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

// close lets the line go: from then on its pull decides.
func (l *line) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endWait()
	defer l.letWait()
	l.edges = false
	return cmp.Or(l.drop(), l.free())
}

// String names the role and the line.
func (l *line) String() string { return fmt.Sprintf("%s(%s)", l.wire.Role, l.wire.Pin) }

// Name returns the kernel's name of the line, also where periph renamed it.
func (l *line) Name() string { return l.wire.Pin }

// Function tells the direction without touching the line.
func (l *line) Function() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held != nil {
		return string(gpio.OUT)
	}
	return string(gpio.IN)
}

// PWM is refused: a GPIO line has no PWM unit behind it.
func (l *line) PWM(gpio.Duty, physic.Frequency) error {
	return fmt.Errorf("board: role %s on %s: a GPIO line makes no PWM: wire the role to a pwm channel", l.wire.Role, l.wire.Pin)
}
