package testcam

import (
	"context"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"studiobox/encoder/unit"
)

// deliver sends a coded unit to all readers. It takes the units of the encoder
// and must not block.
func (s *stream) deliver(u *unit.Unit) {
	wall := s.epoch.Add(u.PTS)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.units++
	if u.Key {
		s.learn(u)
	}
	if s.frozen {
		return
	}
	for r := range s.readers {
		r.sendVideo(u, wall)
	}
}

// learn keeps the parameter sets of a key frame for later DESCRIBEs. Callers
// hold mu.
func (s *stream) learn(u *unit.Unit) {
	var sps, pps []byte
	for _, nalu := range u.NALUs {
		if len(nalu) == 0 {
			continue
		}
		switch h264.NALUType(nalu[0] & 0x1f) {
		case h264.NALUTypeSPS:
			sps = nalu
		case h264.NALUTypePPS:
			pps = nalu
		}
	}
	if sps == nil || pps == nil {
		return
	}
	known, _ := s.video.SafeParams()
	s.video.SafeSetParams(sps, pps)
	if known == nil {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// talk sends the sound whenever somebody listens, until ctx ends.
func (s *stream) talk(ctx context.Context) {
	if s.audio == nil {
		return
	}
	tone, err := newSound(s.audio.MULaw)
	if err != nil {
		s.log.Error("test camera cannot talk", "error", err)
		return
	}
	last := int64(-1)
	for s.await(ctx, func(s *stream) bool { return len(s.readers) > 0 }) {
		// After a silence, or when late by a second, go on from now.
		if present := int64(time.Since(s.epoch) / soundPacket); present-last > int64(time.Second/soundPacket) {
			last = present - 1
		}
		last++
		pts := time.Duration(last) * soundPacket
		// A packet can go once its last sample has been heard.
		if !sleep(ctx, time.Until(s.epoch.Add(pts+soundPacket))) {
			return
		}
		s.speak(tone, pts)
	}
}

// speak sends the packet of sound that begins at a PTS.
func (s *stream) speak(tone sound, pts time.Duration) {
	wall := s.epoch.Add(pts)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen {
		return
	}
	for r := range s.readers {
		r.sendAudio(tone.from(wall), s.audio.PayloadTyp, pts, wall)
	}
}
