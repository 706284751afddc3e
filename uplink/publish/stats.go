package publish

import "time"

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
