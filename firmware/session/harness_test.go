package session

import (
	"slices"
	"testing"
	"time"
)

const (
	ms   = time.Millisecond
	tick = 50 * ms
)

// player plays events to a machine as the conductor does, and stands for the
// rest of the world: facts that hold until changed.
type player struct {
	t       *testing.T
	s       State
	facts   Facts
	acking  bool // the ingest acknowledges all the time
	actions []Action
}

// newPlayer starts at a time above zero with the button seen released.
func newPlayer(t *testing.T, cfg Config) *player {
	p := &player{t: t, s: New(cfg), facts: Facts{Connected: true, LineOK: true}}
	p.wait(tick)
	p.press(Up)
	return p
}

func (p *player) do(e Event) *player {
	p.t.Helper()
	if e.At == 0 {
		e.At = p.s.Now
	}
	before := p.s
	s, actions := Step(p.s, e)
	if p.s != before {
		p.t.Fatal("Step changed its argument")
	}
	p.s = s
	p.actions = append(p.actions, actions...)
	return p
}

func (p *player) press(k Kind) *player { p.t.Helper(); return p.do(Event{Kind: k}) }

// wait plays ticks.
func (p *player) wait(d time.Duration) *player {
	p.t.Helper()
	for end := p.s.Now + d; p.s.Now < end; {
		now := min(p.s.Now+tick, end)
		if p.acking {
			p.facts.LastAck = now
		}
		p.do(Event{Kind: Tick, At: now, Facts: p.facts})
	}
	return p
}

func (p *player) pass() *player {
	p.t.Helper()
	return p.do(Event{Kind: ChecksDone, Attempt: p.s.Attempt})
}

func (p *player) in(want Phase) *player {
	p.t.Helper()
	if p.s.Phase != want {
		p.t.Fatalf("at %v: %v, want %v; why %q, actions %v", p.s.Now, p.s.Phase, want, p.s.Why, p.actions)
	}
	return p
}

// did takes the actions so far, audits aside, and compares.
func (p *player) did(want ...Do) *player {
	p.t.Helper()
	var got []Do
	for _, a := range p.actions {
		if a.Do != Audit {
			got = append(got, a.Do)
		}
	}
	if !slices.Equal(got, want) {
		p.t.Fatalf("at %v: did %v, want %v", p.s.Now, got, want)
	}
	p.actions = nil
	return p
}

// audited tells whether a code was recorded since the last did.
func (p *player) audited(code string) bool {
	return slices.ContainsFunc(p.actions, func(a Action) bool { return a.Do == Audit && a.Code == code })
}

// toStarting holds the button and lets the gate pass.
func (p *player) toStarting() *player {
	p.t.Helper()
	return p.press(Down).wait(100*ms).pass().wait(900*ms).press(Up).in(Starting).did(RunChecks, StartPublishing)
}

// toLive goes on air and stays acknowledged.
func (p *player) toLive() *player {
	p.t.Helper()
	p.toStarting()
	p.acking = true
	return p.wait(tick).in(Live)
}

// to brings a new machine into a phase by the shortest way.
func to(t *testing.T, phase Phase, cfg Config) *player {
	t.Helper()
	p := newPlayer(t, cfg)
	switch phase {
	case Checking:
		p.press(Down)
	case Countdown:
		p.press(Down).wait(100 * ms).pass()
	case Starting:
		p.toStarting()
	case Live:
		p.toLive()
	case Degraded:
		p.toLive().facts.Trouble = "encoder"
		p.wait(1200 * ms)
	case Reconnecting:
		p.toLive().facts.Connected = false
		p.wait(tick)
		p.facts.Connected, p.acking = true, false
	case Stopping:
		p.toLive().do(Event{Kind: Stop, Source: MQTT})
	case Faulted:
		p.press(Down).wait(1100 * ms).press(Up)
		p.do(Event{Kind: ChecksDone, Attempt: p.s.Attempt, Failed: []string{"camera"}})
	}
	p.in(phase)
	p.actions = nil
	return p
}
