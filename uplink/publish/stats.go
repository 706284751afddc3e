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
	Loss        float64       // UDP only
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
		QueueAge: o.QueueAge, QueuedBytes: o.QueuedBytes, RTT: o.RTT, Loss: o.Loss, AckedBytes: o.Acked,
		SentVideo: p.totals.sentVideo, SentAudio: p.totals.sentAudio,
		DroppedVideo: p.queue.dropped[0], DroppedAudio: p.queue.dropped[1],
	}
	if p.session != nil {
		s.AckedKbps = p.session.acks.kbps(time.Now())
	}
	return s
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
