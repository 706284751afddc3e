// Package publish sends units to an ingest: RTSP or RTSPS RECORD over TCP or
// UDP, from a queue that is aged in milliseconds and never blocks the source.
package publish

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"studiobox/encoder/unit"
)

// keyInterval is the least time between two requests for a key unit.
const keyInterval = time.Second

// Publisher owns the queue, which outlives sessions, and runs one session at a
// time. All methods may be called from any goroutine.
type Publisher struct {
	// OnKeyNeeded, when set before Run, is told that video stands still until
	// a key unit comes: at the start of a session, when the line comes back,
	// and at most once a second after a drop. It must not block.
	OnKeyNeeded func()

	cfg   Config
	url   *base.URL
	log   *slog.Logger
	epoch time.Time // the controller's time 0, and the queue's

	known  chan struct{} // closed when the media is known
	wake   chan struct{} // a unit came in
	thirst chan struct{} // the queue wants a key unit
	pacing atomic.Int64  // kbit/s

	crowded atomic.Bool

	mu      sync.Mutex
	media   *unit.Media
	queue   queue
	session *session // nil while not recording
	stale   string   // RTSP session that the ingest may still hold
	asked   time.Time
	totals  totals
}

// totals outlive sessions.
type totals struct {
	sessions             int
	sentVideo, sentAudio uint64
	lastAck              time.Time
}

// SetMedia says what the units are. Run waits for it; a session ends with
// ErrMediaChanged when tracks or codecs are no longer those it announced.
func (p *Publisher) SetMedia(media unit.Media) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.media == nil {
		close(p.known)
	}
	if p.session != nil && !sameTracks(*p.media, media) {
		p.session.end(ErrMediaChanged)
	}
	p.media = &media
	p.queue.codec = media.Video.Codec
}

// Put takes a unit into the queue; it never blocks.
func (p *Publisher) Put(u *unit.Unit) {
	p.mu.Lock()
	p.queue.put(u, time.Since(p.epoch))
	thirsty := p.session != nil && p.queue.wantsKey()
	p.mu.Unlock()
	signal(p.wake)
	if thirsty {
		signal(p.thirst)
	}
}

// Flush drops the video backlog up to the next key unit.
func (p *Publisher) Flush() {
	p.mu.Lock()
	p.queue.flush(time.Since(p.epoch), p.cfg.MaxAge/2)
	thirsty := p.session != nil && p.queue.wantsKey()
	p.mu.Unlock()
	if thirsty {
		signal(p.thirst)
	}
}

// SetPacing bounds how fast a burst, such as a key frame, leaves the box; 0
// leaves it to the transport.
func (p *Publisher) SetPacing(kbps int) {
	if int64(kbps) == p.pacing.Swap(int64(kbps)) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != nil {
		p.session.pace(kbps)
	}
}

// SetCrowded says whether somebody else keeps the line's queue full. The
// connection then competes with the same means, since a considerate one would
// be left with less and less.
func (p *Publisher) SetCrowded(crowded bool) { p.crowded.Store(crowded) }

// Run makes one session and carries units until it fails, and returns why. When
// the line has been silent it goes on with a second session if that is sooner
// there than the first one wakes. It returns nil within a second when ctx ends,
// whatever the ingest does. Only one Run may be under way.
func (p *Publisher) Run(ctx context.Context) error {
	media, ok := p.awaitMedia(ctx)
	if !ok {
		return nil
	}
	s, err := p.connect(ctx, media, nil)
	for s != nil {
		p.attach(s, media)
		p.log.Info("recording", "ingest", Redact(p.cfg.URL), "transport", p.cfg.Transport, "congestion", s.congestion())
		err = s.run(ctx)
		p.detach(s)
		if s, err = s.second(ctx, err); s != nil {
			p.log.Info("the line was silent; a second connection takes the place of the first")
			s, err = p.connect(ctx, media, s)
		}
	}
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("publish to %s: %w", Redact(p.cfg.URL), err)
}

func (p *Publisher) awaitMedia(ctx context.Context) (unit.Media, bool) {
	select {
	case <-p.known:
	case <-ctx.Done():
		return unit.Media{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return *p.media, true
}

// attach makes s the session that units go to.
func (p *Publisher) attach(s *session, announced unit.Media) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue.restart(time.Since(p.epoch))
	p.session = s
	p.stale = s.id()
	p.totals.sessions++
	s.pace(int(p.pacing.Load()))
	if !sameTracks(announced, *p.media) {
		s.end(ErrMediaChanged)
	}
	if p.queue.wantsKey() {
		signal(p.thirst)
	}
}

func (p *Publisher) detach(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = nil
	p.queue.rest()
	if s.conn.parted.Load() {
		p.stale = ""
	}
}

// acked notes when media was last acknowledged. It is called under mu.
func (p *Publisher) acked(at time.Time) {
	if at.After(p.totals.lastAck) {
		p.totals.lastAck = at
	}
}

// askKey passes the wish for a key unit on, not too often.
func (p *Publisher) askKey(now time.Time) {
	p.mu.Lock()
	due := now.Sub(p.asked) >= keyInterval
	if due {
		p.asked = now
	}
	p.mu.Unlock()
	if due && p.OnKeyNeeded != nil {
		p.OnKeyNeeded()
	}
}

// urgeKey asks for a key unit at once.
func (p *Publisher) urgeKey(now time.Time) {
	p.mu.Lock()
	p.asked = time.Time{}
	p.mu.Unlock()
	p.askKey(now)
}

// next gives the unit to send, nil when there is none.
func (p *Publisher) next() *unit.Unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.queue.begin(time.Since(p.epoch))
	if p.queue.wantsKey() {
		signal(p.thirst)
	}
	return u
}

// sent notes that the unit was handed to the kernel whole.
func (p *Publisher) sent(s *session, u *unit.Unit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.carried++
	s.backlog.add(s.conn.socket.written.Load(), p.queue.done())
	if u.Track == unit.Video {
		p.totals.sentVideo++
	} else {
		p.totals.sentAudio++
	}
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
