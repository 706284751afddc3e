package shape

import "studiobox/encoder/unit"

// drained tells whether the transcoder has given all units from before the
// cut. That is sure only when the unit that follows the camera's key unit shows
// after it; otherwise pictures from before the cut may still come. The follower
// may be the one at hand, which does not wait yet.
func (s *Shaper) drained(atHand *unit.Unit) bool {
	if s.state.mode != handingBack || s.outMax < s.cutAfter {
		return false
	}
	if len(s.held) > 1 {
		atHand = s.held[1]
	}
	return atHand != nil && atHand.PTS > s.cut
}

// endHandBack passes what has waited since the cut. The transcoder stays as
// it is and idles.
func (s *Shaper) endHandBack() {
	s.handBacks++
	s.log.Info("camera's units pass again", "pts", s.cut, "waited", len(s.held))
	s.openCamera(s.cut)
	s.releaseHeld()
}
