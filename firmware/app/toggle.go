package app

import (
	"context"
	"sync"
)

// toggle runs one task while it is on: the publisher between start and stop.
type toggle struct {
	turnedOn chan struct{} // capacity 1

	mutex  sync.Mutex
	on     bool
	cancel context.CancelFunc // ends the present life of the task; nil between lives
}

func newToggle() *toggle { return &toggle{turnedOn: make(chan struct{}, 1)} }

// TurnOn asks for the task; it does not wait.
func (t *toggle) TurnOn() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.on = true
	select {
	case t.turnedOn <- struct{}{}:
	default:
	}
}

// TurnOff asks the task to end; it does not wait.
func (t *toggle) TurnOff() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.on = false
	if t.cancel != nil {
		t.cancel()
	}
}

// Run runs the task each time the switch is turned on, until it is turned off,
// and calls ended after each end. It returns when ctx ends.
func (t *toggle) Run(ctx context.Context, task func(context.Context) error, ended func(error)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.turnedOn:
		}
		if life := t.begin(ctx); life != nil {
			err := task(life)
			t.finish()
			ended(err)
		}
	}
}

// begin is nil when the switch was turned off again before the task began.
func (t *toggle) begin(ctx context.Context) context.Context {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !t.on {
		return nil
	}
	life, cancel := context.WithCancel(ctx)
	t.cancel = cancel
	return life
}

func (t *toggle) finish() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.cancel()
	t.cancel = nil
}
