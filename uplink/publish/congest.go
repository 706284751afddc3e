package publish

import (
	"time"

	"studiobox/uplink/link"
)

// congest keeps the congestion control right for the line. It leaves one that
// was chosen by name alone.
func (s *session) congest(now time.Time) {
	if s.overUDP() || s.conn.socket.raw == nil || s.publisher.cfg.Congestion != "" {
		return
	}
	crowded := s.publisher.crowded.Load()
	if crowded != s.competing {
		s.competing = crowded
		if err := link.Compete(s.conn.socket.raw, crowded); err != nil {
			s.publisher.log.Debug("the congestion control stays as it is", "error", err)
		}
	}
	if !crowded {
		s.renew(now)
	}
}

// renew spares the picture BBR's regular pauses. While the round trip is long BBR
// is left to measure it: the line may be another one now.
func (s *session) renew(now time.Time) {
	if s.renewed.IsZero() {
		s.renewed = now
	}
	if now.Sub(s.renewed) < link.RenewEvery {
		return
	}
	if sample, ok := s.conn.socket.sample(); ok && sample.RTT < 2*sample.MinRTT {
		_ = link.Renew(s.conn.socket.raw) // a refusal costs a pause, no more
		s.renewed = now
	}
}
