package session

import "time"

// machine is a state on its way through one step.
type machine struct {
	State
	actions []Action
}

// Step is the machine's only way to change. It is pure and total: equal
// arguments give equal results, and a pair that means nothing changes nothing
// but the time. What time alone brings about is settled before the event is
// looked at, so a hold that ended in between two ticks counts as it should.
func Step(s State, e Event) (State, []Action) {
	m := machine{State: s}
	m.advance(e.At)
	if e.Kind == Tick {
		m.note(e.Facts)
	}
	m.settle()
	m.handle(e)
	m.settle()
	return m.State, m.actions
}

// advance moves time on; an event stamped in the past happens now.
func (m *machine) advance(to time.Duration) {
	gone := max(to-m.Now, 0)
	m.Now += gone
	for i := range m.presses {
		if m.presses[i].down {
			m.presses[i].held += min(gone, maxGap)
		}
	}
}

// note takes in the facts of a tick.
func (m *machine) note(f Facts) {
	switch {
	case f.LastAck < 0, f.LastAck > m.Now+futureSlack:
		f.LastAck = 0
	case f.LastAck > m.Now:
		f.LastAck = m.Now
	}
	m.Facts = f
}

// handle does what the event itself asks for.
func (m *machine) handle(e Event) {
	current := e.Attempt == m.Attempt
	switch e.Kind {
	case Down, Up, Stuck, Cut, Recovered:
		m.pressed(e)
	case Start:
		m.request(e.Source, true)
	case Stop:
		m.stopAsked(e)
	case ChecksDone:
		if current && m.gathering() && m.checks == gateRuns {
			m.judge(e.Failed)
		}
	case Failed:
		if current && m.Phase == Starting {
			m.fail(codeOr(e.Reason, "ingest"))
		}
	case Stopped:
		if current && m.Phase == Stopping {
			m.stopped()
		}
	case Permit:
		if e.Source == Panel && m.Config.RemoteStart != e.Allowed {
			m.Config.RemoteStart = e.Allowed
			m.audit(permitCode(e.Allowed))
		}
	case Shutdown:
		m.shutdown()
	}
}

// settle makes the changes that are due by time and facts, until none is.
func (m *machine) settle() {
	for {
		before := m.Phase
		m.expireWhy()
		switch before {
		case Checking, Countdown:
			m.gather()
		case Starting:
			m.awaitAir()
		case Live, Degraded:
			m.keepAir()
		case Reconnecting:
			m.regainAir()
		case Stopping:
			if m.Now-m.Since >= StopWithin {
				m.stopped()
			}
		case Faulted:
			if m.Now-m.Since >= m.Config.FaultFor {
				m.enter(Idle)
			}
		}
		m.heedStopHold()
		if m.Phase == before {
			return
		}
	}
}

func (m *machine) enter(p Phase) {
	m.Phase, m.Since, m.changeAt = p, m.Now, 0
	if p == Idle {
		m.Why, m.LiveSince = "", 0
	}
}

func (m *machine) order(do Do, within time.Duration) {
	m.actions = append(m.actions, Action{Do: do, Attempt: m.Attempt, Within: within})
}

func (m *machine) audit(code string) {
	m.actions = append(m.actions, Action{Do: Audit, Attempt: m.Attempt, Code: code})
}

// refuse shows and records why nothing was done.
func (m *machine) refuse(code string) {
	m.Why, m.whyAt = code, m.Now
	m.audit("refused_" + code)
}

// expireWhy ends the display of a refusal; a fault ends with its phase.
func (m *machine) expireWhy() {
	if m.Phase == Idle && m.Why != "" && m.Now-m.whyAt >= m.Config.FaultFor {
		m.Why = ""
	}
}

func codeOr(code, otherwise string) string {
	if code == "" {
		return otherwise
	}
	return code
}

func permitCode(allowed bool) string {
	if allowed {
		return "remote_start_allowed"
	}
	return "remote_start_forbidden"
}
