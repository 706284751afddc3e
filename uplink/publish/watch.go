package publish

import (
	"context"
	"errors"
	"time"

	"studiobox/uplink/rate"
)

const (
	// watchInterval is how often the line is looked at.
	watchInterval = 50 * time.Millisecond
	// deadAfter is how long data may be outstanding with nothing acknowledged
	// while the ingest's host is heard, or cannot be.
	deadAfter = 2 * time.Second
	// silentAfter is the silence of the line from which on a second connection
	// is sought, unless two round trips take longer: beyond what a packet that
	// is lost twice in a row costs, since a change of sessions costs the
	// ingest's viewers something too.
	silentAfter = 700 * time.Millisecond
	// relapse is how long the search goes on after the line was heard again. The
	// first thing heard may be that the ingest has given the session up.
	relapse = 500 * time.Millisecond
	// forsaken is the silence after which the session ends.
	forsaken = time.Minute
)

// errReplaced ends a session whose line was silent: its scout has found a way.
var errReplaced = errors.New("a second connection takes the place of a silent one")

// watch follows what the ingest acknowledges, passes on the wish for key units,
// and seeks a second connection while the line is silent, for as long as
// seeking lasts. It returns ErrDead when the path is dead.
func (s *session) watch(ctx, seeking context.Context) error {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.publisher.thirst:
			s.quench(time.Now())
			continue
		case <-s.scout.found():
		case <-ticker.C:
		}
		now := time.Now()
		s.quench(now)
		s.congest(now)
		silence, err := s.look(now)
		if err == nil {
			err = s.seek(seeking, now, silence)
		}
		if err != nil {
			return err
		}
	}
}

// seek looks for a second connection for as long as the line is silent and a
// little longer, and returns errReplaced when it is to take over: in the silence,
// or while the first still mends what the silence cost it. TCP begins again at
// one segment a round trip then, which takes longer than a new handshake; where
// the line had only held the packets back, they are acknowledged before the
// second connection, behind them, gets an answer.
func (s *session) seek(ctx context.Context, now time.Time, silence time.Duration) error {
	switch {
	case silence > 0:
		if s.scout.seek(ctx, s.conn.RemoteAddr().String()) {
			return errReplaced
		}
	case !s.scout.seeking():
	case s.scout.woke.IsZero():
		s.scout.woke = now
		s.wakeUp(now)
	case s.acks.acked < s.mark:
		if s.scout.succeeded() {
			return errReplaced
		}
	case now.Sub(s.scout.woke) >= relapse:
		s.scout.stop()
	}
	return nil
}

// wakeUp lets no stale picture go out on a line that has come back. After a
// short silence what waited is still of use to whoever watches from afar.
func (s *session) wakeUp(now time.Time) {
	p := s.publisher
	p.mu.Lock()
	if at := now.Sub(p.epoch); p.queue.age(at) > rate.Overdue {
		p.queue.flush(at, rate.Overdue/4)
	}
	wanted := p.queue.wantsKey()
	p.mu.Unlock()
	if wanted {
		p.urgeKey(now)
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

// look judges the path at one moment: how long the line has been silent, 0 while
// that may be chance, and whether it is the end.
func (s *session) look(now time.Time) (silence time.Duration, err error) {
	if s.overUDP() {
		return 0, s.lookUDP(now)
	}
	written := s.conn.socket.written.Load()
	sample, ok := s.conn.socket.sample()
	s.publisher.mu.Lock()
	defer s.publisher.mu.Unlock()
	if !ok {
		// A write that returns is the only progress there is to see. It
		// acknowledges nothing, but shows a peer that has stopped.
		if s.pulse.observe(now, written, s.writing.Load()) >= deadAfter {
			return 0, ErrDead
		}
		return 0, nil
	}
	waits := s.acks.observe(now, s.media(sample.Acked), sample.Outstanding() > 0)
	s.publisher.acked(s.acks.last)
	// A closed window keeps everything back: then the line was not asked.
	heard := sample.Unacked == 0 || sample.Heard < silentAfter
	if heard && waits >= deadAfter || waits >= forsaken {
		return 0, ErrDead
	}
	if silence = min(waits, sample.Heard); heard || silence < max(silentAfter, 2*sample.RTT) {
		return 0, nil
	}
	s.mark = s.media(sample.Acked) + uint64(sample.Unacked)
	return silence, nil
}

// media is how many bytes of a count came after the answer to RECORD.
func (s *session) media(count uint64) uint64 { return count - min(count, s.base) }

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
	o.Acked = s.media(sample.Acked)
	// The estimate may fall a little while a hole is being filled.
	s.delivered = max(s.delivered, s.media(sample.Delivered))
	o.Delivered = s.delivered
	o.InFlight, o.Cwnd, o.PeerWindow = sample.Unacked, sample.Cwnd, sample.PeerWindow
	o.Busy, o.ReceiverLimited = sample.Busy, sample.ReceiverLimited
	o.RTT, o.MinRTT = sample.RTT, sample.MinRTT
}
