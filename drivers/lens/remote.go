package lens

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Mover is a camera that moves its own lens, for example over ONVIF.
type Mover interface {
	// MoveTo begins a motion to a place of 0..1 and returns when the camera has
	// agreed. It ends when ctx does.
	MoveTo(ctx context.Context, fraction float64) error
	// Stop ends a motion.
	Stop(ctx context.Context) error
}

// How long a camera may take to answer.
const (
	moveWithin = 3 * time.Second
	stopWithin = time.Second
	// arrives is how long the longest way of a camera's lens may last.
	arrives = 10 * time.Second
)

// Remote is an axis inside a camera. The camera bounds its speed itself.
type Remote struct {
	camera Mover

	mu   sync.Mutex
	wish wish
	quit context.CancelFunc // ends the request that is under way

	line  sync.Mutex // held while the camera is asked
	moved bool       // it may be moving because of us
	since time.Time  // of the last motion that the camera agreed to; zero once it was stopped
}

// NewRemote returns the axis of a camera, "zoom" or "focus". Nothing is asked
// before To and Run.
func NewRemote(name string, camera Mover) *Remote {
	return &Remote{camera: camera, wish: newWish(name), quit: func() {}}
}

// To implements Axis.
func (r *Remote) To(fraction float64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wish.to(fraction)
}

// Renew implements Axis.
func (r *Remote) Renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wish.renew()
}

// Run passes the places on until ctx ends. It returns early when the camera
// refuses; a later Run does not repeat what was refused.
func (r *Remote) Run(ctx context.Context) error {
	ticker := time.NewTicker(Lease / 5)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-r.wish.changed:
			err = r.move(ctx)
		case <-ticker.C:
			err = r.watch(ctx)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// watch stops a motion whose lease has ended, once: nobody knows whether the lens
// has arrived.
func (r *Remote) watch(ctx context.Context) error {
	r.mu.Lock()
	idle := r.wish.halted || !r.wish.lapsed()
	r.mu.Unlock()
	if idle || !r.line.TryLock() { // a Halt asks the camera already
		return nil
	}
	defer r.line.Unlock()
	if r.since.IsZero() || time.Since(r.since) > arrives {
		return nil
	}
	r.since = time.Time{}
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if err := r.camera.Stop(ctx); err != nil {
		return fmt.Errorf("lens %s in the camera did not stop: %w", r.wish.name, err)
	}
	return nil
}

func (r *Remote) move(ctx context.Context) error {
	r.line.Lock()
	defer r.line.Unlock()
	ctx, quit := context.WithTimeout(ctx, moveWithin)
	defer quit()
	r.mu.Lock()
	r.quit = quit
	place, halted := r.wish.place, r.wish.halted
	r.mu.Unlock()
	if halted {
		return nil
	}
	r.moved, r.since = true, time.Time{}
	if err := r.camera.MoveTo(ctx, place); err != nil && !r.isHalted() {
		return fmt.Errorf("lens %s in the camera: %w", r.wish.name, err)
	}
	r.since = time.Now()
	return nil
}

func (r *Remote) isHalted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wish.halted
}

// Halt implements Axis. It ends a request that is under way first, for a camera
// that hears "stop" before "move" would move; it takes a second at most if the
// camera heeds neither.
func (r *Remote) Halt() error {
	r.mu.Lock()
	r.wish.halted = true
	quit := r.quit
	r.mu.Unlock()
	quit()
	r.line.Lock()
	defer r.line.Unlock()
	if !r.moved {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := r.camera.Stop(ctx); err != nil {
		return fmt.Errorf("lens %s in the camera did not stop: %w", r.wish.name, err)
	}
	r.moved = false
	return nil
}
