package session

// publishing is true while there is something to stop.
func (m *machine) publishing() bool {
	switch m.Phase {
	case Starting, Live, Degraded, Reconnecting:
		return true
	}
	return false
}

// stoppable is true while a held press means stop: during a show, and before
// it once the hold that asked for it is done.
func (m *machine) stoppable() bool { return m.publishing() || m.gathering() && m.holdDone }

// heedStopHold stops the show when any finger has held long enough.
func (m *machine) heedStopHold() {
	if !m.stoppable() {
		return
	}
	for by := range pressers {
		if m.heldFor(by, m.Config.StopHold) {
			m.stop(by.String(), "")
			return
		}
	}
}

// stopAsked handles a Stop from anywhere: always allowed. One that people sent
// also takes a fault off the display; one that the box itself sent makes one.
func (m *machine) stopAsked(e Event) {
	switch {
	case e.Source == Fault:
		m.fail(codeOr(e.Reason, "box"))
	case m.Phase == Faulted:
		m.enter(Idle)
	default:
		m.stop(e.Source.String(), "")
	}
}

// stop ends an attempt or a show. A reason leads to fault instead of idle, so
// that people are told.
func (m *machine) stop(by, why string) {
	switch {
	case m.gathering():
		m.enter(Idle)
		if why != "" {
			m.fault(why)
		}
	case m.publishing():
		m.enter(Stopping)
		m.order(StopPublishing, StopWithin)
		m.faultDue = why != ""
		m.Why, m.whyAt = why, m.Now
	default:
		return
	}
	m.audit("stopped_" + by)
}

// fail ends a show for a reason of the box's own.
func (m *machine) fail(why string) { m.stop(Fault.String(), why) }

// stopped leaves the stopping phase.
func (m *machine) stopped() {
	if m.faultDue {
		m.fault(m.Why)
		return
	}
	m.enter(Idle)
}

// fault shows why an attempt came to nothing.
func (m *machine) fault(why string) {
	m.enter(Faulted)
	m.Why, m.whyAt, m.LiveSince, m.faultDue = why, m.Now, 0, false
	m.audit("fault_" + why)
}

// shutdown ends everything that runs, shines or moves, and starts nothing more.
func (m *machine) shutdown() {
	if m.Ending {
		return
	}
	m.Ending = true
	m.stop("shutdown", "")
	m.order(HaltMotion, 0)
}
