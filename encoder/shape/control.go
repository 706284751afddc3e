package shape

// SetTarget sets the video rate that the line allows, in kbit/s; 0 = unknown.
func (s *Shaper) SetTarget(kbps int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kbps == s.target {
		return
	}
	s.target = kbps
	if s.state.mode != passing {
		s.setTranscoderRate()
	}
}

func (s *Shaper) setTranscoderRate() {
	if s.target > 0 {
		s.tc.SetKbps(s.target)
	}
}

// SetSkip leaves pictures out before encoding for as long as it is on. It is of
// no effect while the camera's units pass, which cannot be left out unseen, and
// none without Config.Picture.
func (s *Shaper) SetSkip(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipWanted = on
	s.applySkip()
}

// applySkip lets only a transcoder that is on the air leave pictures out:
// during a take-over it has to come up with a key unit, and a hand-back waits
// for its last pictures.
func (s *Shaper) applySkip() {
	on := s.skipWanted && s.state.mode == transcoding
	if on == s.skipping || s.cfg.Picture == nil {
		return
	}
	s.skipping = on
	s.cfg.Picture.SetSkip(on)
}

// ForceKey asks for a key unit soon. While the camera's units pass none can be
// made: the camera's next one has to do, and when that is further off than
// KeyPatience the transcoder takes over to make one.
func (s *Shaper) ForceKey() {
	s.keyWanted.Store(true)
	s.worker.ForceKey() // of no effect on an idle transcoder
}

// Stats are the present gauges.
func (s *Shaper) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	mode := "pass"
	if s.state.mode == transcoding || s.state.mode == handingBack || s.law == alwaysTranscode {
		mode = "transcode"
	}
	return Stats{
		Mode: mode, TargetKbps: s.target,
		SourceKbps: s.source.kbps(), OutKbps: s.sent.kbps(),
		Width: s.size.width, Height: s.size.height, FPS: s.fps(mode),
		TakeOvers: s.takeOvers, HandBacks: s.handBacks, GivenUp: s.givenUp,
	}
}
