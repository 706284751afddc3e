package guard

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// ErrLapsed says that the daemon itself stood still for so long that the guard
// has taken the power from the motor. Where the table stands is not known any
// more.
var ErrLapsed = errors.New("the daemon stood still; the motor's power was cut")

// ErrMute says that the guard was fed and has not answered for longer than
// Patience: nobody would take the power from the motor.
var ErrMute = errors.New("the guard does not answer and is replaced; the motor's power is cut")

// obeys is how long the guard may take to power the motor; a conductor that waits
// for it must not be taken for dead.
const obeys = 200 * time.Millisecond

var errSlow = errors.New("the guard has not powered the motor in time")

// Feeder is the daemon's side: it feeds the guard, and is the guarded lines to
// those that drive them. It may be used from any goroutine.
type Feeder struct {
	// OnMute can be nil; it ends a guard that does not answer, for another to
	// take its place, and must not block. Set it before the first feed.
	OnMute func(error)

	mu     sync.Mutex
	guard  io.Writer
	active byte          // lines that are to be active
	fed    time.Time     // zero = never
	owed   time.Time     // since when an answer to a feed is; zero = none is
	asked  chan struct{} // closed when the guard has powered the motor; nil = nobody waits
}

// NewFeeder talks to the guard at the other end of a pipe.
func NewFeeder(guard io.Writer) *Feeder { return &Feeder{guard: guard} }

// Feed is to be called every Every, from the goroutine whose hanging must stop
// the motor. After a silence of Patience it returns ErrLapsed. It is an error
// while the motor had power and the guard is gone or, as ErrMute, hangs; in each
// case the power must be asked for anew.
func (f *Feeder) Feed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	late := !f.fed.IsZero() && now.Sub(f.fed) >= Patience
	f.fed = now
	if late {
		f.active, f.owed = 0, time.Time{} // the answers may wait to be read
	}
	if !f.owed.IsZero() && now.Sub(f.owed) > Patience {
		return f.mute()
	}
	if err := f.say(fed); err != nil {
		return err
	}
	if late {
		return ErrLapsed
	}
	return nil
}

// mute is called under mu. Nothing is said to a guard that hangs: once its pipe
// is full, that would hang the daemon too.
func (f *Feeder) mute() error {
	powered := f.active&power != 0
	f.active &^= power
	f.owed = time.Time{}
	if f.OnMute != nil {
		f.OnMute(ErrMute)
	}
	if !powered {
		return nil // nothing moves, and the next guard hears of the lamps
	}
	return ErrMute
}

// say is called under mu. A guard that is gone holds no line: the motor is
// without power, and the lamps are dark until the next guard hears of them.
func (f *Feeder) say(kind byte) error {
	_, err := f.guard.Write([]byte{rest + f.active + kind})
	if err != nil {
		f.owed = time.Time{}
	} else if kind == fed && f.owed.IsZero() {
		f.owed = f.fed
	}
	if err == nil || f.active&power == 0 {
		return nil
	}
	f.active &^= power
	return fmt.Errorf("the guard is gone, nothing may move: %w", err)
}

// Write takes what the guard says back; it is the guard's standard output.
func (f *Feeder) Write(said []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.owed = time.Time{}
	for _, word := range said {
		if (word-rest)&power != 0 && f.asked != nil {
			close(f.asked)
			f.asked = nil
		}
	}
	return len(said), nil
}

// empower asks for the motor's power and waits until it is there: a step before
// that would be lost.
func (f *Feeder) empower() error {
	f.mu.Lock()
	asked := make(chan struct{})
	f.asked = asked
	f.active |= power
	err := f.say(0)
	f.mu.Unlock()
	if err != nil {
		return err
	}
	late := time.NewTimer(obeys)
	defer late.Stop()
	select {
	case <-asked:
		return nil
	case <-late.C:
		return errors.Join(errSlow, f.set(power, false))
	}
}

// set changes one line and says so at once.
func (f *Feeder) set(line byte, active bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active &^= line
	if active {
		f.active |= line
	}
	return f.say(0)
}
