package rate

import (
	"math"
	"slices"
	"time"
)

// figures are what a viewer got.
type figures struct {
	use              float64 // delivered of what the line (or the ceiling) allowed
	p50, p95, p99    time.Duration
	shown, freeze    float64 // kbit/s and s/min for a viewer 1 s behind
	shown3, freeze3  float64 // 3 s behind
	changes          int     // of the rate by more than 20 % within a second
	meanKbps, capped float64
}

func (s *sim) figures(from time.Duration) (f figures) {
	var delays []time.Duration
	bytes := 0.0
	for _, a := range s.arrived {
		if a.captured < from {
			continue
		}
		delays = append(delays, a.at-a.captured)
		bytes += a.bytes
	}
	able := 0.0
	for second := int(from / time.Second); second < len(s.offered); second++ {
		able += min(s.offered[second], float64(s.limits.CeilingKbps)*125)
	}
	lasting := (s.now - from)
	slices.Sort(delays)
	at := func(q float64) time.Duration {
		if len(delays) == 0 {
			return 0
		}
		return delays[int(q*float64(len(delays)-1))]
	}
	ms := float64(lasting / time.Millisecond)
	f.shown, f.freeze = s.viewer(from, time.Second)
	f.shown3, f.freeze3 = s.viewer(from, 3*time.Second)
	return figures{
		shown3: f.shown3, freeze3: f.freeze3,
		use: bytes / able, p50: at(0.5), p95: at(0.95), p99: at(0.99),
		shown: f.shown, freeze: f.freeze,
		meanKbps: bytes * 8 / ms, capped: able * 8 / ms, changes: s.changes(from),
	}
}

// viewer is what somebody so far behind the camera sees: kbit/s, and seconds a
// minute in which nothing new came for more than 200 ms.
func (s *sim) viewer(from, behind time.Duration) (kbps, freeze float64) {
	last, frozen := from, time.Duration(0)
	gap := func(to time.Duration) {
		if to-last > 200*time.Millisecond {
			frozen += to - last
		}
	}
	for _, a := range s.arrived {
		if a.captured < from || a.at-a.captured > behind {
			continue
		}
		kbps += a.bytes
		gap(a.captured)
		last = a.captured
	}
	gap(s.now - behind)
	lasting := s.now - from
	return kbps * 8 / float64(lasting/time.Millisecond), frozen.Seconds() / lasting.Minutes()
}

// changes counts moves of the rate by more than a fifth within a second.
func (s *sim) changes(from time.Duration) (n int) {
	ref := 0.0
	for i, l := range s.log {
		if l.at < from || i < 40 {
			continue
		}
		before := float64(s.log[i-40].decision.Kbps)
		if d := math.Abs(float64(l.decision.Kbps)-before) / before; d > 0.2 && l.at.Seconds() > ref+1 {
			n++
			ref = l.at.Seconds()
		}
	}
	return n
}
