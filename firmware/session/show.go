package session

// acked is true while media of this phase, not of an earlier show or
// connection, is freshly acknowledged.
func (m *machine) acked() bool {
	return m.Facts.Connected && m.fresh() && m.Facts.LastAck > m.Since
}

// awaitAir waits for the first acknowledged media on a line that carries it.
func (m *machine) awaitAir() {
	switch {
	case m.acked() && m.Facts.LineOK:
		m.enter(Live)
		m.LiveSince = m.Now
		m.audit("on_air")
	case m.Now-m.Since < m.Config.StartWithin:
	case m.acked():
		m.fail("line")
	default:
		m.fail("ingest")
	}
}

// keepAir watches a show that is acknowledged.
func (m *machine) keepAir() {
	if !m.Facts.Connected || !m.fresh() {
		m.enter(Reconnecting)
		m.audit("off_air")
		return
	}
	suffers := m.Facts.Trouble != ""
	if suffers == (m.Phase == Degraded) {
		m.changeAt = 0
		return
	}
	if m.changeAt == 0 {
		m.changeAt = m.Now
	}
	switch lasted := m.Now - m.changeAt; {
	case suffers && lasted >= m.Config.DegradeAfter:
		m.enter(Degraded)
	case !suffers && lasted >= m.Config.ImproveAfter:
		m.enter(Live)
	}
}

// regainAir waits for media acknowledged after the break.
func (m *machine) regainAir() {
	switch {
	case m.acked():
		m.enter(Live)
		m.audit("on_air")
	case m.Config.GiveUp > 0 && m.Now-m.Since >= m.Config.GiveUp:
		m.fail("gave_up")
	}
}
