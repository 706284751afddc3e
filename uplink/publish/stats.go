package publish

import (
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/rate"
)

// Stats are the publisher's figures; counters never fall.
type Stats struct {
	Connected bool // recording now
	Sessions  int  // that reached RECORD
	// LastAck is when the ingest last acknowledged media, see MediaAcked;
	// zero when it never has.
	LastAck time.Time
	// AckedBytes and AckedKbps (over the last second) are of this session.
	AckedBytes uint64
	AckedKbps  int
	// QueueAge and QueuedBytes are what waits, the kernel's unsent included.
	QueueAge    time.Duration
	QueuedBytes int
	RTT         time.Duration // smoothed; 0 = unknown
	// Loss is the fraction that the line lost lately, 0 to 1: over UDP of the
	// packets of the last receiver report, over TCP of the bytes that had to be
	// sent again in the last ten to twenty seconds, which is a little more than
	// was lost. -1 = not known.
	Loss float64
	// SentVideo and SentAudio count units handed over whole, DroppedVideo
	// and DroppedAudio those that grew too old during a session.
	SentVideo, SentAudio       uint64
	DroppedVideo, DroppedAudio uint64
}

// Stats is a copy of the present figures.
func (p *Publisher) Stats() Stats {
	o := p.Observe(time.Now())
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{
		Connected: o.Connected, Sessions: p.totals.sessions, LastAck: p.totals.lastAck,
		QueueAge: o.QueueAge, QueuedBytes: o.QueuedBytes, RTT: o.RTT, Loss: -1, AckedBytes: o.Acked,
		SentVideo: p.totals.sentVideo, SentAudio: p.totals.sentAudio,
		DroppedVideo: p.queue.dropped[0], DroppedAudio: p.queue.dropped[1],
	}
	if p.session != nil {
		s.AckedKbps = p.session.acks.kbps(time.Now())
		s.Loss = p.session.loss(o.Now)
	}
	return s
}

// loss is Stats.Loss. It is called under Publisher.mu.
func (s *session) loss(at time.Duration) float64 {
	if s.overUDP() {
		if video := s.tracks[0].reports; !video.Advanced().IsZero() {
			return video.Sample().Loss
		}
		return -1
	}
	if sample, ok := s.conn.socket.sample(); ok {
		s.lost.look(at, sample.Acked, sample.Retrans)
	}
	return s.lost.fraction()
}

// lossWindow is over how long a lossMeter measures, to twice as long.
const lossWindow = 10 * time.Second

// lossMeter makes a fraction of a connection's counters. The zero one knows none.
type lossMeter struct {
	from, mark, now counters
}

// counters are bytes of one connection, since it began.
type counters struct {
	at           time.Duration
	acked, again uint64
	known        bool
}

// look takes in the counters at a moment.
func (m *lossMeter) look(at time.Duration, acked, again uint64) {
	m.now = counters{at, acked, again, true}
	if !m.from.known {
		m.from, m.mark = m.now, m.now
	}
	if at-m.mark.at >= lossWindow {
		m.from, m.mark = m.mark, m.now
	}
}

// fraction is what was sent again, of all that was sent; -1 while nothing was.
func (m *lossMeter) fraction() float64 {
	acked, again := m.now.acked-m.from.acked, m.now.again-m.from.again
	if acked+again == 0 {
		return -1
	}
	return float64(again) / float64(acked+again)
}

// Observe joins queue and line into what the rate controller judges.
func (p *Publisher) Observe(now time.Time) rate.Observation {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now.Sub(p.epoch)
	o := rate.Observation{
		Now:         at,
		QueueAge:    p.queue.age(at),
		QueuedBytes: p.queue.waitingBytes(),
		Produced:    p.queue.produced,
		Dropped:     p.queue.dropped[unit.Video],
		Connected:   p.session != nil,
	}
	if p.session != nil {
		p.session.observe(&o, at)
	}
	return o
}

// MediaAcked tells whether the ingest acknowledged media within the given time
// before now. Over TCP that is payload beyond the answer to RECORD; over UDP a
// receiver report must have confirmed newly arrived packets within 15 s, and
// the RTSP connection must have been acknowledged within the given time.
func (p *Publisher) MediaAcked(now time.Time, within time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.totals.lastAck.IsZero() && now.Sub(p.totals.lastAck) <= within
}
