package session

import "strings"

// gathering is true while an attempt collects what it needs before air: a
// fulfilled hold and a passed gate.
func (m *machine) gathering() bool { return m.Phase == Checking || m.Phase == Countdown }

// request begins an attempt to go live: by a press whose hold now runs, or
// without a press where the business has allowed that.
func (m *machine) request(by Source, noHold bool) {
	if m.Phase != Idle && m.Phase != Faulted || by >= sources {
		return
	}
	switch {
	case m.Ending:
		m.refuse("shutdown")
		return
	case (noHold || by != Button) && !m.Config.RemoteStart:
		m.refuse("remote_start")
		return
	}
	m.Attempt++
	m.Why, m.refusals = "", ""
	m.by, m.holdDone, m.checks, m.faultDue = by, false, gateRuns, false
	m.enter(Checking)
	m.audit("start_asked_" + by.String())
	m.order(RunChecks, m.Config.Hold+m.Config.CheckWait)
	if noHold {
		m.fulfil()
	}
}

// fulfil notes that the hold is complete; from here the finger may let go.
func (m *machine) fulfil() {
	m.holdDone = true
	m.holdAt = m.Now
	m.spendPresses()
}

// judge takes in the gate's answer. It is acted upon when the hold is done, so
// that a short touch stays without any effect.
func (m *machine) judge(failed []string) {
	if len(failed) == 0 {
		m.checks = gatePassed
		return
	}
	m.checks = gateFailed
	m.refusals = strings.Join(failed, ",")
}

// gather moves an attempt on when hold, gate and countdown allow.
func (m *machine) gather() {
	if !m.holdDone && m.heldFor(m.by, m.Config.Hold) {
		m.fulfil()
	}
	if m.Phase == Checking && m.checks == gatePassed {
		m.enter(Countdown)
	}
	if !m.holdDone {
		return
	}
	switch {
	case m.checks == gateFailed:
		m.fault(m.refusals)
	case m.checks == gateRuns && m.Now-m.holdAt >= m.Config.CheckWait:
		m.fault("checks_timeout")
	case m.checks == gatePassed && m.Now-m.holdAt >= m.Config.Countdown:
		m.enter(Starting)
		m.audit("started_" + m.by.String())
		m.order(StartPublishing, 0)
	}
}
