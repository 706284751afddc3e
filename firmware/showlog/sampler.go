package showlog

import (
	"math"
	"time"
)

const (
	// every is the time between two entries while nothing changes.
	every = time.Second
	// apart keeps changes that harm nobody from filling the card: those that
	// come faster are one entry.
	apart = 200 * time.Millisecond
)

// sampler makes entries of the steps of one show. It is pure: steps in, entries out.
type sampler struct {
	last  Entry // made last
	begun bool  // media of this show was acknowledged
	first bool  // a step was seen
	quiet time.Time
	step  Step // taken last

	up    time.Duration // of the step before
	acked uint64
	lost  time.Duration
	bytes uint64
	did   struct{ flush, key, skip bool }

	fps   int
	sent  uint64
	since time.Duration // when sent was read
}

// take counts one step, and tells whether an entry is due. A show begins with
// the first media that is acknowledged: what led there is no outage.
func (m *sampler) take(s Step) (Entry, bool) {
	if !m.first {
		m.first, m.quiet = true, s.LastAck // left over from another show
	}
	if !m.begun {
		if !s.onAir() || !s.LastAck.After(m.quiet) {
			return Entry{}, false
		}
		m.begun, m.step = true, s
		m.up, m.acked, m.sent, m.since = s.Up, s.Acked, s.SentVideo, s.Up
		return m.emit(s), true
	}
	m.step = s
	m.count(s)
	if !m.due(s) {
		return Entry{}, false
	}
	return m.emit(s), true
}

// rest is the entry of what passed since the last one, when the show ends.
func (m *sampler) rest() (Entry, bool) {
	if !m.begun || m.step.Up.Milliseconds() <= m.last.UpMs {
		return Entry{}, false
	}
	return m.emit(m.step), true
}

func (m *sampler) count(s Step) {
	if passed := s.Up - m.up; passed > 0 && s.lost() {
		m.lost += passed
	}
	m.up = max(m.up, s.Up)
	switch {
	case s.Acked >= m.acked:
		m.bytes += s.Acked - m.acked
	default:
		m.bytes += s.Acked // a new connection counts from zero
	}
	m.acked = s.Acked
	m.did.flush = m.did.flush || s.Flush
	m.did.key = m.did.key || s.Key
	m.did.skip = m.did.skip || s.Skip
	m.rate(s)
}

// rate counts the pictures of about a second.
func (m *sampler) rate(s Step) {
	if s.SentVideo < m.sent {
		m.sent, m.since = s.SentVideo, s.Up
	}
	if span := s.Up - m.since; span >= every {
		m.fps = int(math.Round(float64(s.SentVideo-m.sent) / span.Seconds()))
		m.sent, m.since = s.SentVideo, s.Up
	}
}

// due tells whether the step is worth an entry. What makes the picture worse is
// told at once, so that its cause is not lost in what follows it.
func (m *sampler) due(s Step) bool {
	passed := s.Up.Milliseconds() - m.last.UpMs
	if passed >= every.Milliseconds() {
		return true
	}
	now := s.entry()
	now.FromKbps = m.last.TargetKbps
	if now.cut() || s.Flush && !m.last.Flush {
		return true
	}
	changed := s.Reason != m.last.Reason || now.OnAir != m.last.OnAir || s.Connected != m.last.Connected ||
		s.TargetKbps*10 > m.last.TargetKbps*11
	return changed && passed >= apart.Milliseconds()
}

func (m *sampler) emit(s Step) Entry {
	e := s.entry()
	if m.last.TargetKbps != e.TargetKbps {
		e.FromKbps = m.last.TargetKbps
	}
	e.Flush, e.Key, e.Skip = m.did.flush, m.did.key, m.did.skip
	e.LostMs, e.Bytes, e.FPS = int(m.lost.Milliseconds()), int64(m.bytes), m.fps
	m.lost -= time.Duration(e.LostMs) * time.Millisecond
	m.bytes, m.did = 0, struct{ flush, key, skip bool }{}
	m.last = e
	return e
}
