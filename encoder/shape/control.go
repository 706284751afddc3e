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
		Width: s.size.width, Height: s.size.height,
		TakeOvers: s.takeOvers, HandBacks: s.handBacks, GivenUp: s.givenUp,
	}
}
