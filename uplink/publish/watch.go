package publish

import (
	"context"
	"time"

	"studiobox/uplink/link"
	"studiobox/uplink/rate"
)

const (
	// watchInterval is how often the line is looked at.
	watchInterval = 50 * time.Millisecond
	// deadAfter is how long data may be outstanding with nothing acknowledged.
	deadAfter = 2 * time.Second
)

// watch follows what the ingest acknowledges, passes on the wish for key units,
// and returns ErrDead when the path is dead.
func (s *session) watch(ctx context.Context) error {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.publisher.thirst:
			s.quench(time.Now())
			continue
		case <-ticker.C:
		}
		now := time.Now()
		s.quench(now)
		if err := s.look(now); err != nil {
			return err
		}
	}
}

// quench asks for a key unit while the queue waits for one.
func (s *session) quench(now time.Time) {
	s.publisher.mu.Lock()
	wanted := s.publisher.queue.wantsKey()
	s.publisher.mu.Unlock()
	if wanted {
		s.publisher.askKey(now)
	}
}

// look judges the path at one moment.
func (s *session) look(now time.Time) error {
	if s.overUDP() {
		return s.lookUDP(now)
	}
	written := s.conn.socket.written.Load()
	sample, ok := s.conn.socket.sample()
	s.publisher.mu.Lock()
	defer s.publisher.mu.Unlock()
	if !ok {
		// A write that returns is the only progress there is to see. It
		// acknowledges nothing, but shows a peer that has stopped.
		if s.pulse.observe(now, written, s.writing.Load()) >= deadAfter {
			return ErrDead
		}
		return nil
	}
	if s.acks.observe(now, s.media(sample), sample.Outstanding() > 0) >= deadAfter {
		return ErrDead
	}
	s.publisher.acked(s.acks.last)
	return nil
}

// media is how many acknowledged bytes came after the answer to RECORD.
func (s *session) media(sample link.Sample) uint64 {
	return sample.Acked - min(sample.Acked, s.base)
}

// observe fills in what the line says. It is called under Publisher.mu.
func (s *session) observe(o *rate.Observation, at time.Duration) {
	if s.overUDP() {
		s.observeUDP(o)
		return
	}
	sample, ok := s.conn.socket.sample()
	if !ok {
		return
	}
	o.QueuedBytes += sample.Unsent
	sent := s.conn.socket.written.Load() - uint64(sample.Unsent)
	if since, waits := s.backlog.oldest(sent); waits {
		o.QueueAge = max(o.QueueAge, at-since)
	}
	o.Kernel = sample.Kernel
	o.Acked = s.media(sample)
	o.Busy, o.ReceiverLimited = sample.Busy, sample.ReceiverLimited
	o.RTT, o.MinRTT = sample.RTT, sample.MinRTT
}
