package rate

import (
	"cmp"
	"time"
)

// windowLen holds 3 s of ticks of 25 ms.
const windowLen = 128

// point is what is kept of one tick.
type point struct {
	at      time.Duration
	acked   float64       // bytes, cumulative over connections
	sent    float64       // bytes, acked and on the way
	age     time.Duration // of the queue, see senses
	held    time.Duration // time that the line needs for what it holds back
	starved time.Duration // cumulative receiver-limited time
	unread  float64       // bytes that the ingest may have left unread
}

// window is the recent past, newest last.
type window struct {
	points [windowLen]point
	next   int
	filled int
}

func (w *window) add(p point) {
	w.points[w.next] = p
	w.next = (w.next + 1) % windowLen
	w.filled = min(w.filled+1, windowLen)
}

// back is the point i ticks ago, 0 the newest; i is less than filled.
func (w *window) back(i int) *point {
	return &w.points[(w.next-1-i+2*windowLen)%windowLen]
}

func (w *window) clear() { w.next, w.filled = 0, 0 }

// before is the newest point at least a span older than the newest, or the
// oldest there is.
func (w *window) before(span time.Duration) *point {
	newest := w.back(0).at
	for i := range w.filled {
		if p := w.back(i); newest-p.at >= span {
			return p
		}
	}
	return w.back(w.filled - 1)
}

// leastAge is the youngest the queue has been within a span; 0 while less
// than the span is known.
func (w *window) leastAge(span time.Duration) time.Duration {
	return least(w, span, func(p *point) time.Duration { return p.age })
}

// leastHeld is the least that the line held back within a span.
func (w *window) leastHeld(span time.Duration) time.Duration {
	return least(w, span, func(p *point) time.Duration { return p.held })
}

// leastUnread is the least that the ingest may have left unread within a span.
func (w *window) leastUnread(span time.Duration) float64 {
	return least(w, span, func(p *point) float64 { return p.unread })
}

func least[T cmp.Ordered](w *window, span time.Duration, of func(*point) T) T {
	newest := w.back(0)
	lowest := of(newest)
	for i := range w.filled {
		p := w.back(i)
		lowest = min(lowest, of(p))
		if newest.at-p.at >= span {
			return lowest
		}
	}
	var unknown T
	return unknown
}

// mostHeld is the most that the line held of late, before the present moment.
func (w *window) mostHeld() (most time.Duration) {
	for i := range w.filled {
		if p := w.back(i); w.back(0).at-p.at > standingSpan {
			most = max(most, p.held)
		}
	}
	return most
}

// kbps is the acknowledged rate between an older point and the newest.
func (w *window) kbps(from *point) float64 {
	newest := w.back(0)
	ms := float64(newest.at-from.at) / float64(time.Millisecond)
	if ms <= 0 {
		return 0
	}
	return max(0, newest.acked-from.acked) * 8 / ms
}
