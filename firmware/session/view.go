package session

import "time"

// fresh is true while the last acknowledgement is recent enough to stand for
// "on air".
func (s State) fresh() bool {
	return s.Facts.LastAck > 0 && s.Now-s.Facts.LastAck <= OnAirFor
}

// OnAir is true while a show runs whose media the ingest acknowledged within
// OnAirFor. Nothing else may light the lamp red.
func (s State) OnAir() bool {
	return (s.Phase == Live || s.Phase == Degraded) && s.fresh()
}

// Hold tells how far the press that counts has come on its way to start or to
// stop a show, 0 to 1.
func (s State) Hold() float64 {
	need := s.Config.Hold
	switch s.Phase {
	case Checking, Countdown:
		if s.holdDone {
			return 1
		}
	case Starting, Live, Degraded, Reconnecting:
		need = s.Config.StopHold
	default:
		return 0
	}
	longest := time.Duration(0)
	for _, p := range s.presses {
		if p.counts() {
			longest = max(longest, p.held)
		}
	}
	return min(float64(longest)/float64(need), 1)
}

// Lamp names the indicator's pattern for the state. Both patterns that light
// the lamp red, on_air and degraded, are given only while OnAir is true.
func Lamp(s State) string {
	switch s.Phase {
	case Live:
		if s.OnAir() {
			return "on_air"
		}
		return "reconnecting"
	case Degraded:
		if s.OnAir() {
			return "degraded"
		}
		return "reconnecting"
	case Stopping:
		return "idle"
	case Idle, Checking, Countdown, Starting, Reconnecting, Faulted:
		return s.Phase.String()
	}
	return "fault"
}
