package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"studiobox/uplink/linktest"
)

// lineMeter sums up what a line did since it was last asked.
type lineMeter struct {
	mu       sync.Mutex
	up, down waySum
}

// waySum is one direction's sum.
type waySum struct {
	ticks               int
	capacity, delivered float64 // kbit/s, sums of the ticks'
	queue, late         time.Duration
	dropped, lost       uint64
}

// tick is called by the line's own threads.
func (m *lineMeter) tick(t linktest.Tick) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := &m.up
	if t.Way == linktest.Down {
		sum = &m.down
	}
	sum.ticks++
	sum.capacity += t.CapacityKbps
	sum.delivered += t.DeliveredKbps
	sum.queue, sum.late = max(sum.queue, t.Queue), max(sum.late, t.Late)
	sum.dropped += t.Dropped
	sum.lost += t.Lost
}

// take returns the sums and begins anew.
func (m *lineMeter) take() (up, down waySum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	up, down = m.up, m.down
	m.up, m.down = waySum{}, waySum{}
	return up, down
}

// tooLate is when a line tells of this machine rather than of itself.
const tooLate = 20 * time.Millisecond

// report prints one line each second until ctx ends.
func (m *lineMeter) report(ctx context.Context, out io.Writer) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for began := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			up, down := m.take()
			text := fmt.Sprintf("line %3.0fs: up %s | down %s", now.Sub(began).Seconds(), up, down)
			if late := max(up.late, down.late); late > tooLate {
				text += fmt.Sprintf(" | this machine was %d ms late", late.Milliseconds())
			}
			fmt.Fprintln(out, text)
		}
	}
}

// String is a direction's second in a few words.
func (s waySum) String() string {
	n := float64(max(s.ticks, 1)) * 1000 // kbit/s to Mbit/s
	var b strings.Builder
	fmt.Fprintf(&b, "%.2f", s.delivered/n)
	if s.capacity > 0 {
		fmt.Fprintf(&b, " of %.2f", s.capacity/n)
	}
	fmt.Fprintf(&b, " Mbit/s, queue %d ms", s.queue.Milliseconds())
	if s.dropped > 0 {
		fmt.Fprintf(&b, ", %d dropped", s.dropped)
	}
	if s.lost > 0 {
		fmt.Fprintf(&b, ", %d lost", s.lost)
	}
	return b.String()
}
