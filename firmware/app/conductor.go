package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"studiobox/firmware/session"
)

const (
	conductorTick = 50 * time.Millisecond
	// eventRoom is how many events may wait in each of the two ways in. The
	// conductor empties both many times a second, so only a flood fills one;
	// then its newest events are dropped and counted.
	eventRoom = 64
)

// stage is what the conductor's actions work on. None of the calls waits.
type stage interface {
	StartPublishing()
	StopPublishing()
	HaltMotion()
}

// gatekeeper looks at the checks before air and returns the codes of those that
// failed. It reads what is known and waits for nothing.
type gatekeeper interface {
	Check() (failed []string)
}

// conductor is the one goroutine that steps the session machine and performs
// its actions. A failed action is itself an event.
type conductor struct {
	log    *slog.Logger
	born   time.Time
	local  chan session.Event // from this box: fingers, and the end of publishing
	remote chan session.Event // from anywhere else; a flood there drowns no finger
	stage  stage
	gate   gatekeeper
	facts  func(c *conductor) session.Facts
	// onStep can be nil; it is called after each event, from the conductor.
	onStep func(session.State)
	// onAudit can be nil; it is told who did what, from the conductor.
	onAudit func(code string)
	asked   chan asking

	attempt atomic.Uint32 // of the present show, for events from other goroutines
	dropped atomic.Uint64
}

func newConductor(log *slog.Logger) *conductor {
	return &conductor{
		log: log, born: time.Now(),
		local: make(chan session.Event, eventRoom), remote: make(chan session.Event, eventRoom),
		asked: make(chan asking),
	}
}

// asking is an event whose sender waits for what becomes of it.
type asking struct {
	event session.Event
	after chan<- session.State // has room
}

// Ask hands an event to the conductor and returns the state right after it.
func (c *conductor) Ask(ctx context.Context, e session.Event) (session.State, error) {
	e.At = time.Since(c.born)
	after := make(chan session.State, 1)
	select {
	case c.asked <- asking{e, after}:
		return <-after, nil
	case <-ctx.Done():
		return session.State{}, ctx.Err()
	}
}

// since puts a moment on the machine's clock; 0 stays "never".
func (c *conductor) since(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return t.Sub(c.born)
}

// Post hands an event to the conductor and never waits.
func (c *conductor) Post(e session.Event) {
	if e.At == 0 {
		e.At = time.Since(c.born)
	}
	way := c.remote
	switch {
	case e.Kind == session.Stopped, e.Kind == session.Failed, e.Source == session.Button, e.Source == session.Panel:
		way = c.local
	}
	select {
	case way <- e:
	default:
		c.dropped.Add(1)
	}
}

// Run conducts until ctx ends; then it steps the machine through Shutdown and
// waits, at most session.StopWithin, for the show to end.
func (c *conductor) Run(ctx context.Context, cfg session.Config) error {
	state := session.New(cfg)
	ticker := time.NewTicker(conductorTick)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case event := <-c.local:
			state = c.step(state, event)
		case event := <-c.remote:
			state = c.step(state, event)
		case a := <-c.asked:
			state = c.step(state, a.event)
			a.after <- state
		case <-ticker.C:
			state = c.step(state, c.tick())
		}
	}
	return c.shutdown(state)
}

// tick is time passing, with what the leaves say right now.
func (c *conductor) tick() session.Event {
	return session.Event{Kind: session.Tick, At: time.Since(c.born), Facts: c.facts(c)}
}

func (c *conductor) step(state session.State, event session.Event) session.State {
	next, actions := session.Step(state, event)
	c.attempt.Store(next.Attempt)
	if next.Phase != state.Phase {
		c.log.Info("session", "from", state.Phase.String(), "to", next.Phase.String(), "why", next.Why)
	}
	for _, action := range actions {
		next = c.perform(next, action)
	}
	if c.onStep != nil {
		c.onStep(next)
	}
	return next
}

// perform does one action; the gate's answer is an event of its own at once.
func (c *conductor) perform(state session.State, action session.Action) session.State {
	switch action.Do {
	case session.RunChecks:
		return c.step(state, session.Event{
			Kind: session.ChecksDone, At: time.Since(c.born), Attempt: action.Attempt, Failed: c.gate.Check(),
		})
	case session.StartPublishing:
		c.stage.StartPublishing()
	case session.StopPublishing:
		c.stage.StopPublishing()
	case session.HaltMotion:
		c.stage.HaltMotion()
	case session.Audit:
		c.log.Info("audit", "code", action.Code, "attempt", action.Attempt)
		if c.onAudit != nil {
			c.onAudit(action.Code)
		}
	}
	return state
}

// shutdown takes the machine to its end; the machine itself bounds how long
// that lasts by session.StopWithin.
func (c *conductor) shutdown(state session.State) error {
	state = c.step(state, session.Event{Kind: session.Shutdown, At: time.Since(c.born)})
	ticker := time.NewTicker(conductorTick)
	defer ticker.Stop()
	for state.Phase == session.Stopping {
		select {
		case event := <-c.local:
			state = c.step(state, event)
		case <-ticker.C:
			state = c.step(state, c.tick())
		}
	}
	return nil
}
