package telemetry

import (
	"fmt"
	"net"
	"sync"
	"time"

	"studiobox/provisioning/contract"
)

// traffic counts bytes at the socket, beneath TLS. Headers of TCP and IP are not
// in it.
type traffic struct {
	mu       sync.Mutex
	up, down uint64 // since start
	day      usage  // the present one
	over     []usage
}

// usage is what one day took.
type usage struct {
	begun    time.Time // UTC
	seconds  int
	up, down uint64
}

// String is the Det of an event.
func (u usage) String() string {
	return fmt.Sprintf("day=%s up=%d down=%d s=%d", u.begun.Format(time.DateOnly), u.up, u.down, u.seconds)
}

// add counts.
func (t *traffic) add(now time.Time, up, down int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(now)
	t.up += uint64(up)
	t.down += uint64(down)
	t.day.up += uint64(up)
	t.day.down += uint64(down)
}

// roll ends the day when its midnight has passed.
func (t *traffic) roll(now time.Time) {
	now = now.UTC()
	if t.day.begun.IsZero() {
		t.day.begun = now
	}
	midnight := t.day.begun.Truncate(24 * time.Hour).Add(24 * time.Hour)
	if now.Before(midnight) {
		return
	}
	t.day.seconds = int(midnight.Sub(t.day.begun).Seconds())
	t.over = append(t.over[max(0, len(t.over)-30):], t.day) // a month without a listener
	t.day = usage{begun: now.Truncate(24 * time.Hour)}
}

// ended are the days that have ended since the last call.
func (t *traffic) ended(now time.Time) []usage {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(now)
	over := t.over
	t.over = nil
	return over
}

// show fills the figures in.
func (t *traffic) show(now time.Time, s *Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(now)
	s.BytesUp, s.BytesDown, s.BytesToday = t.up, t.down, t.day.up+t.day.down
}

// tellTraffic makes events of the days that have ended.
func (r *Reporter) tellTraffic(now time.Time) {
	for _, u := range r.traffic.ended(now) {
		r.tell(contract.EventData, contract.SeverityInfo, u.String(), false)
	}
}

// tell makes an event, where events are kept.
func (r *Reporter) tell(code, sev, det string, clear bool) {
	if r.cfg.Spool != nil {
		r.cfg.Spool.Add(code, sev, det, "", clear)
	}
}

// metered is a connection whose bytes are counted.
type metered struct {
	net.Conn
	traffic *traffic
}

// Read reads and counts.
func (c *metered) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.traffic.add(time.Now(), 0, n)
	return n, err
}

// Write writes and counts.
func (c *metered) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.traffic.add(time.Now(), n, 0)
	return n, err
}
