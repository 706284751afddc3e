package choose

import (
	"bytes"
	"time"

	"studiobox/encoder/unit"
)

const (
	// soundGap is after how long a silent stream loses the sound to the other.
	soundGap = 500 * time.Millisecond
	// soundSteady is how long the sub stream's sound must have come to be taken.
	soundSteady = time.Second
)

// sound passes audio from one stream, whatever stream the pictures come from:
// a change of pictures makes no gap in the sound. It is the sub stream where
// that has the session's sound, since it is always pulled, else the main one.
// It changes over only when the one falls silent, and to the sub stream once at
// the start. It is part of the chooser and called under its lock.
type sound struct {
	from   Stream
	format *unit.Format // what the session carries; nil = none yet
	last   time.Duration
	begun  bool
}

// announce takes in what a stream offers and is the session's sound from then
// on, nil without.
func (s *sound) announce(from Stream, offered *unit.Format) *unit.Format {
	if s.format == nil && offered != nil {
		format := *offered
		s.format, s.from = &format, from
	}
	return s.format
}

// carries tells whether a stream has the session's sound.
func (s *sound) carries(m *unit.Media) bool {
	return m != nil && m.Audio != nil && s.format != nil && sameSound(*m.Audio, *s.format)
}

func sameSound(a, b unit.Format) bool {
	return a.Codec == b.Codec && a.SampleRate == b.SampleRate && a.Channels == b.Channels && bytes.Equal(a.Config, b.Config)
}

// due tells whether the sound shall come from the other stream from now on.
func (s *sound) due(now time.Duration, lanes *[streams]lane) bool {
	home, other := &lanes[s.from], &lanes[s.from.other()]
	if !s.carries(other.media) || !other.heard || now-other.sound > soundGap {
		return false
	}
	if !home.heard || now-home.sound > soundGap {
		return true
	}
	return s.from == Main && now-other.soundSince >= soundSteady
}

// pass gives the unit its time; false when it would go back.
func (s *sound) pass(u *unit.Unit, shift time.Duration) (*unit.Unit, bool) {
	pts := u.PTS + shift
	if s.begun && pts <= s.last {
		return nil, false
	}
	s.last, s.begun = pts, true
	return retimed(u, pts), true
}
