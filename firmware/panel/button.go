package panel

import (
	"slices"
	"sync"
	"time"
)

// lease is how long a press lasts without a word from the phone. The phone
// speaks every 150 ms, so two words in a row may be lost.
const lease = 500 * time.Millisecond

// rememberEnded is how many ended presses are known, so that a word of theirs
// that was late on the way does not press again.
const rememberEnded = 16

// button is the page's finger on the go-live button. The box measures the
// hold; the phone only says that the finger is still there. One phone at a
// time: a second one is refused until the first lets go.
type button struct {
	presser Presser

	mu     sync.Mutex
	holder string // id of the press that is down, empty when none is
	// patience is lease, but for tests in which a browser may starve.
	patience time.Duration
	lease    *time.Timer
	ended    []string
	closed   bool
}

func newButton(presser Presser) *button { return &button{presser: presser, patience: lease} }

// down begins a press. It returns false when another phone holds the button,
// or when this press has already ended.
func (b *button) down(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.holder == id {
		return b.renew()
	}
	if b.closed || b.holder != "" || slices.Contains(b.ended, id) {
		return false
	}
	b.holder = id
	b.lease = time.AfterFunc(b.patience, func() { b.up(id) })
	b.presser.PressDown()
	return true
}

// hold renews the lease. It returns false when the press is not down (any more).
func (b *button) hold(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.holder == id && b.renew()
}

// renew returns false when the lease ran out in this very moment.
func (b *button) renew() bool {
	return b.lease.Stop() && !b.lease.Reset(b.patience)
}

// up ends a press, also one whose down is still on the way.
func (b *button) up(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.ended, id) {
		b.ended = append(b.ended, id)
		b.ended = b.ended[max(0, len(b.ended)-rememberEnded):]
	}
	if b.holder == id {
		b.release()
	}
}

// letGo ends whatever press is down, and takes no more.
func (b *button) letGo() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.holder != "" {
		b.release()
	}
}

func (b *button) release() {
	b.lease.Stop()
	b.holder = ""
	b.presser.PressUp()
}
