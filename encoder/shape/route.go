package shape

import "studiobox/encoder/unit"

// perform does what was decided, before the unit is routed by the new mode.
func (s *Shaper) perform(a act, u *unit.Unit) {
	switch a {
	case beginTakeOver:
		s.beginTakeOver(u)
	case giveUp:
		s.givenUp++
		s.log.Warn("transcoder did not take over, camera's units pass", "ready", s.worker.Ready())
		s.releaseHeld()
	case beginHandBack:
		s.cut, s.cutAfter = u.PTS, s.camMax
	case abandonHandBack:
		s.dropHeld()
	case endHandBack:
		s.endHandBack()
	case cutToCamera:
		s.log.Warn("transcoder lost, camera's units pass from this key frame")
	}
}

// route sends a unit of the camera the way of the present mode.
func (s *Shaper) route(u *unit.Unit) {
	switch s.state.mode {
	case passing:
		s.pass(u)
	case takingOver:
		s.feed(u)
		s.holdBack(u)
	case transcoding:
		s.feed(u)
	case handingBack:
		s.feed(u) // what follows the cut drives the transcoder's tail out
		s.held = append(s.held, u)
	}
}

// feed gives a unit to the transcoder; after a break in the camera's stream it
// begins a new stretch at the next key unit.
func (s *Shaper) feed(u *unit.Unit) {
	if s.broken && !u.Key {
		return
	}
	if s.broken {
		s.tc.Prime(nil)
	}
	s.broken = false
	s.tc.Put(u)
}

// pass sends a unit of the camera as it is, from a key unit on that shows after
// all that was sent before.
func (s *Shaper) pass(u *unit.Unit) {
	if s.law == alwaysTranscode {
		return
	}
	if u.Key && (!s.outAny || u.PTS > s.outMax) {
		s.open = true
	}
	if s.open {
		s.send(u, s.codec)
	}
}

// send is the only way out for video.
func (s *Shaper) send(u *unit.Unit, codec unit.Codec) {
	if u.Key {
		s.keyWanted.Store(false)
		s.size.look(u, codec)
	}
	s.outMax, s.outAny = max(s.outMax, u.PTS), true
	s.sent.add(s.now, u.Size())
	s.out.Put(u)
}
