package shape

import (
	"slices"
	"time"

	"studiobox/encoder/unit"
)

const (
	// holdLeast and holdMost bound how late the camera's units go out during
	// a take-over. A transcoder that is quicker than that stands in for units
	// not yet sent, and the stream has neither gap nor repeat.
	holdLeast = 400 * time.Millisecond
	holdMost  = time.Second
	// askAgain is the time between two requests for the same key unit.
	askAgain = 100 * time.Millisecond
)

// startable tells whether a transcoder can begin with this unit: at a key
// unit, or after a remembered group whose pictures all show before it. (A unit
// that shows before one already sent is a B picture; beginning there would make
// the transcoder's first picture go back in time.)
func (s *Shaper) startable(u *unit.Unit) bool {
	return u.Key || len(s.gop.units) > 0 && u.PTS > s.camMax
}

// beginTakeOver gives the transcoder its references.
func (s *Shaper) beginTakeOver(u *unit.Unit) {
	s.setTranscoderRate()
	var references []*unit.Unit
	if !u.Key {
		references = s.gop.whole()
	}
	s.tc.Prime(references)
	s.broken = false
	s.needKey, s.heard, s.keyAsked = true, s.now, s.now
}

// holdBack lets a unit wait, and passes those that have waited long enough.
func (s *Shaper) holdBack(u *unit.Unit) {
	s.held = append(s.held, u)
	n := 0
	for s.began.Add(s.now - s.hold).After(s.held[n].Captured) {
		s.pass(s.held[n])
		n++
	}
	s.held = slices.Delete(s.held, 0, n)
}

// releaseHeld passes all that waits, at once.
func (s *Shaper) releaseHeld() {
	for _, u := range s.held {
		s.pass(u)
	}
	s.dropHeld()
}

func (s *Shaper) dropHeld() {
	clear(s.held)
	s.held = s.held[:0]
}

// FromTranscoder is where the transcoder's units come in.
func (s *Shaper) FromTranscoder() unit.Sink { return unit.SinkFunc(s.fromTranscoder) }

func (s *Shaper) fromTranscoder(u *unit.Unit) {
	if u.Track != unit.Video {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.applySkip()
	s.heard = s.now
	switch s.state.mode {
	case takingOver:
		if s.usable(u) {
			s.endTakeOver(u)
		}
	case transcoding:
		if s.usable(u) {
			s.needKey = false
			s.send(u, unit.H264)
		}
	case handingBack:
		tail := u.PTS < s.cut
		if tail && s.usable(u) {
			s.send(u, unit.H264)
		}
		if !tail || s.drained() {
			s.state = s.state.enter(passing, s.now)
			s.endHandBack()
		}
	}
}

// usable tells whether a unit of the transcoder can follow what has been
// sent. One that comes too late, and all that refer to it, are of no use: then
// a fresh key unit is asked for, and the camera's units are held for longer.
func (s *Shaper) usable(u *unit.Unit) bool {
	late := s.outAny && u.PTS <= s.outMax
	if !late && (u.Key || !s.needKey) {
		return true
	}
	if late && u.Key && s.state.mode == takingOver {
		s.hold = min(2*s.hold, holdMost)
	}
	s.needKey = true
	if s.now-s.keyAsked >= askAgain {
		s.keyAsked = s.now
		s.worker.ForceKey()
	}
	return false
}

// endTakeOver cuts the stream: the camera's units that show before the
// transcoder's key unit, then that unit.
func (s *Shaper) endTakeOver(key *unit.Unit) {
	for _, u := range s.held {
		if u.PTS >= key.PTS {
			break
		}
		s.pass(u)
	}
	s.dropHeld()
	s.needKey = false
	s.takeOvers++
	s.log.Info("transcoder took over", "after", s.now-s.state.since, "pts", key.PTS)
	s.state = s.state.enter(transcoding, s.now)
	s.send(key, unit.H264)
}
