package run

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// ErrEnded is reported for a task that returned without an error although
// nobody had asked it to stop.
var ErrEnded = errors.New("ended by itself")

// Keeper keeps one blocking task alive. Its fields are set before Run and not
// altered after; one Keeper keeps one task at a time. A panic of the task is
// not caught: a bug is not an outage. Run a Keeper as a part of Together, which
// turns it into an orderly end; in a bare goroutine it ends the process.
type Keeper struct {
	// Name says in log lines what is kept.
	Name string
	// Backoff is the wait between two lives.
	Backoff Backoff
	// Log can be nil.
	Log *slog.Logger
	// OnFailure can be nil; it is told why each life ended, before the wait,
	// from the goroutine of Run.
	OnFailure func(error)

	told     string // the last error that was logged as a warning; Run's own
	restarts atomic.Int64
	mutex    sync.Mutex
	wake     chan struct{} // closed by Now; nil while no wait is on
}

// Run calls task again and again until ctx ends, and then returns nil. Between
// two calls it waits as Backoff says, unless Now cuts the wait short.
func (k *Keeper) Run(ctx context.Context, task func(context.Context) error) error {
	backoff := k.Backoff.withDefaults()
	failures := 0
	for ctx.Err() == nil {
		born := time.Now()
		err := task(ctx)
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			err = ErrEnded
		}
		if time.Since(born) >= backoff.Settle {
			failures = 0
		}
		failures++
		wait := rand.N(backoff.Limit(failures) + 1)
		k.report(err, failures, wait)
		switch k.wait(ctx, wait) {
		case cut:
			failures = 0 // whoever calls Now knows that something has changed
		case over:
			return nil
		}
		k.restarts.Add(1)
	}
	return nil
}

// Now ends the present wait, if there is one, and forgets earlier failures: for
// the moment when a network or a peer is known to be back.
func (k *Keeper) Now() {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.wake != nil {
		close(k.wake)
		k.wake = nil
	}
}

// Restarts counts how often the task was started again.
func (k *Keeper) Restarts() int { return int(k.restarts.Load()) }

func (k *Keeper) report(err error, failures int, wait time.Duration) {
	if k.Log != nil {
		level := slog.LevelWarn
		if text := err.Error(); failures > 1 && text == k.told {
			level = slog.LevelDebug // a peer that stays away for days is told once
		} else {
			k.told = text
		}
		k.Log.Log(context.Background(), level, "task ended, will restart", "task", k.Name, "error", err,
			"failures", failures, "wait", wait.Round(time.Millisecond))
	}
	if k.OnFailure != nil {
		k.OnFailure(err)
	}
}

// outcome is how a wait ended.
type outcome int

const (
	elapsed outcome = iota
	cut             // by Now
	over            // by the end of the context
)

func (k *Keeper) wait(ctx context.Context, d time.Duration) outcome {
	wake := make(chan struct{})
	k.mutex.Lock()
	k.wake = wake
	k.mutex.Unlock()
	defer func() {
		k.mutex.Lock()
		k.wake = nil
		k.mutex.Unlock()
	}()

	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return elapsed
	case <-wake:
		return cut
	case <-ctx.Done():
		return over
	}
}
