package gst

import (
	"slices"
	"sync"
	"time"
)

// latency keeps the last 256 delays.
type latency struct {
	mu   sync.Mutex
	ring [256]time.Duration
	n    int
}

func (l *latency) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring[l.n%len(l.ring)] = d
	l.n++
}

// percentiles returns the 50th and the 95th, by nearest rank; 0 when empty.
func (l *latency) percentiles() (p50, p95 time.Duration) {
	l.mu.Lock()
	sorted := l.ring
	n := min(l.n, len(l.ring))
	l.mu.Unlock()
	if n == 0 {
		return 0, 0
	}
	slices.Sort(sorted[:n])
	return sorted[(n-1)*50/100], sorted[(n-1)*95/100]
}
