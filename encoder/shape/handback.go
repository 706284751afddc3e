package shape

// drained tells whether the transcoder has given all units from before the
// cut. What follows the camera's key unit (an IDR) shows after it, so none is
// still to come once the last before it is out.
func (s *Shaper) drained() bool {
	return s.state.mode == handingBack && s.outMax >= s.cutAfter
}

// endHandBack passes what has waited since the cut, a key unit first. The
// transcoder stays as it is and idles.
func (s *Shaper) endHandBack() {
	s.handBacks++
	s.log.Info("camera's units pass again", "pts", s.cut, "waited", len(s.held))
	s.releaseHeld()
}
