package console

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"studiobox/provisioning/console/book"
)

// How often a command is sent again until its box answers. A box that has taken
// it answers a repetition with what came of it, and obeys once.
const (
	dispatchTick  = time.Second
	firstPause    = 4 * time.Second
	longestPause  = time.Minute
	handOverLimit = 5 * time.Second
)

// lister tells which commands are open. [book.Book] is one.
type lister interface {
	Unanswered(ctx context.Context, now time.Time) ([]book.Command, error)
}

// Dispatcher hands signed commands to the broker, and again until they are
// answered or have run out: a box may be away, and a broker forgets. Consoles
// that share one book may all send a command; the box obeys it once.
type Dispatcher struct {
	ledger lister
	sender Sender
	log    *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	tried map[string]attempts // by command
}

// attempts is how often a command was handed over by this console.
type attempts struct {
	sent    int
	last    time.Time // the newest attempt, be it in vain
	failing bool      // the newest attempt was in vain
}

// NewDispatcher makes a dispatcher; now may be nil. It repeats nothing before
// Run.
func NewDispatcher(ledger lister, sender Sender, now func() time.Time, log *slog.Logger) *Dispatcher {
	if now == nil {
		now = time.Now
	}
	return &Dispatcher{ledger: ledger, sender: sender, log: log, now: now, tried: map[string]attempts{}}
}

// Give hands over a command that the book has, and tells whether the broker
// took it. If not, Run tries again.
func (d *Dispatcher) Give(ctx context.Context, c book.Command) bool {
	limited, cancel := context.WithTimeout(ctx, handOverLimit)
	defer cancel()
	err := d.sender.Send(limited, c.Tenant, c.Box, c.Sealed)
	d.mu.Lock()
	defer d.mu.Unlock()
	tried := d.tried[c.ID]
	if err != nil && !tried.failing {
		d.log.Warn("a command waits for the broker", "id", c.ID, "tenant", c.Tenant, "box", c.Box, "error", err)
	}
	tried.last, tried.failing = d.now(), err != nil
	if err == nil {
		tried.sent++
	}
	d.tried[c.ID] = tried
	return err == nil
}

// Run repeats what is due until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) error {
	tick := time.NewTicker(dispatchTick)
	defer tick.Stop()
	trouble := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		err := d.round(ctx)
		if (err != nil) != trouble && ctx.Err() == nil { // told as it begins and as it ends
			trouble = err != nil
			d.log.Warn("repeating commands", "works", !trouble, "error", err)
		}
	}
}

// round goes once through the commands that nobody answered.
func (d *Dispatcher) round(ctx context.Context) error {
	commands, err := d.ledger.Unanswered(ctx, d.now())
	if err != nil {
		return fmt.Errorf("read the open commands: %w", err)
	}
	open := map[string]bool{}
	for _, c := range commands {
		open[c.ID] = true
		if now := d.now(); now.Before(c.Ends) && !now.Before(due(c, d.tries(c.ID))) {
			d.Give(ctx, c)
		}
	}
	d.forget(open)
	return nil
}

// forget drops the attempts of commands that are not open any more.
func (d *Dispatcher) forget(open map[string]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, tried := range d.tried {
		if !open[id] && d.now().Sub(tried.last) > longestPause { // one just given may not have been read
			delete(d.tried, id)
		}
	}
}

func (d *Dispatcher) tries(id string) attempts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tried[id]
}

// due is when a command is to be sent next. One that this console never sent
// was given to another one, or before this one's start.
func due(c book.Command, tried attempts) time.Time {
	if tried.last.IsZero() {
		return c.At.Add(firstPause)
	}
	if tried.failing {
		return tried.last.Add(firstPause)
	}
	pause := firstPause << min(tried.sent-1, 8)
	return tried.last.Add(min(pause, longestPause))
}
