package session

import "time"

// press follows the finger of one source.
type press struct {
	armed bool          // a release was seen, so the next Down is a new press
	down  bool          // pressed now, and worth counting
	spent bool          // this press has done its work, or belongs to an earlier phase
	held  time.Duration // how long, without the time in which nobody looked
	began uint32        // the attempt that this press asked for and still holds; 0 = none
}

// begin notes a Down and tells whether it is a new press.
func (p *press) begin() bool {
	if !p.armed {
		return false
	}
	*p = press{down: true}
	return true
}

// end notes an Up or a mended line.
func (p *press) end() { *p = press{armed: true} }

// fail notes a stuck or cut line: nothing counts until the next release.
func (p *press) fail() { *p = press{} }

// counts tells whether the press is still on its way to mean something.
func (p *press) counts() bool { return p.down && !p.spent }

// heldFor tells whether a press of the source counts and has lasted long enough
// to act while it is still down.
func (m *machine) heldFor(by Source, long time.Duration) bool {
	if by >= pressers || m.actsOnRelease(by) {
		return false
	}
	p := m.presses[by]
	return p.counts() && p.held >= long
}

// spendPresses makes every finger that is down meaningless until it lets go. It
// is called when an attempt's hold is done: no press that is older than that may
// stop what follows. (Nothing like it is needed after a stop, since an attempt
// begins with the very moment of a press.)
func (m *machine) spendPresses() {
	for i := range m.presses {
		m.presses[i].spent = true
	}
	if m.by < pressers && m.presses[m.by].down {
		m.presses[m.by].began = m.Attempt
	}
}

// actsOnRelease tells whether presses of this source count when they end.
func (m *machine) actsOnRelease(by Source) bool {
	return m.Config.ActOnRelease && by == Button
}

// releaseWithin is how long after its hold is complete a press that counts when
// it ends may last: a loose normally-closed wire that closes again after seconds
// looks like a finger that lets go.
const releaseWithin = 4 * time.Second

// pressed handles the five events of a line that a finger moves.
func (m *machine) pressed(e Event) {
	if e.Source >= pressers {
		return
	}
	p := &m.presses[e.Source]
	switch e.Kind {
	case Down:
		if p.begin() {
			m.request(e.Source, false)
		}
	case Up, Recovered:
		was := *p
		p.end()
		if e.Kind == Up && was.counts() {
			m.pressEnded(e.Source, was.held)
		} else if was.counts() {
			m.pressLost(e.Source)
		}
	case Stuck, Cut:
		was := *p
		p.fail()
		switch {
		case was.counts():
			m.pressLost(e.Source)
		case was.began == m.Attempt && m.stoppable():
			m.fail("line_" + e.Source.String()) // what asked for this show was no finger
		}
	}
}

// pressEnded handles a release that was seen properly.
func (m *machine) pressEnded(by Source, held time.Duration) {
	switch {
	case m.gathering() && !m.holdDone && by == m.by:
		if !m.actsOnRelease(by) || held < m.Config.Hold {
			m.enter(Idle)
			return
		}
		if held > m.Config.Hold+releaseWithin {
			m.pressLost(by)
			return
		}
		m.fulfil()
	case m.stoppable() && m.actsOnRelease(by) && held >= m.Config.StopHold:
		m.stop(by.String(), "")
	}
}

// pressLost handles a press that turned out to be no finger.
func (m *machine) pressLost(by Source) {
	if m.gathering() && !m.holdDone && by == m.by {
		m.enter(Idle)
		m.refuse("line_" + by.String())
	}
}
