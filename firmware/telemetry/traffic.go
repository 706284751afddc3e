package telemetry

import (
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"

	"studiobox/provisioning/contract"
)

// traffic counts bytes at the socket, beneath TLS. Headers of TCP and IP are not
// in it.
type traffic struct {
	keep func(usage) // remembers the day so far; may be nil
	over func(usage) // is told of a day that has ended; may be nil

	mu       sync.Mutex
	up, down uint64 // since start
	day      usage  // the present one
	seen     time.Duration
	kept     usage // as it was given to keep last
	keptAt   time.Duration

	began time.Time // of the program
}

// moment is now by two clocks: one that may be set, and one that may not.
type moment struct {
	wall time.Time
	run  time.Duration // since the program began
}

func (t *traffic) now() moment {
	now := time.Now()
	return moment{now, now.Sub(t.began)}
}

// usage is what one day took. A clock that is set to another day cuts a day in two
// parts: whoever adds up adds them.
type usage struct {
	Day     string  `json:"day"` // UTC
	Seconds float64 `json:"s"`   // on which this program ran; no clock that is set changes them
	Up      uint64  `json:"up"`
	Down    uint64  `json:"down"`
}

// keepEvery is how much of a day a power cut can take from it.
const keepEvery = 10 * time.Minute

// String is the Det of an event.
func (u usage) String() string {
	return fmt.Sprintf("day=%s up=%d down=%d s=%.0f", u.Day, u.Up, u.Down, u.Seconds)
}

// begin goes on with the day that an earlier run left.
func (t *traffic) begin(note []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if json.Unmarshal(note, &t.day) != nil {
		t.day = usage{} // nothing, or another version's
	}
}

// add counts.
func (t *traffic) add(now moment, up, down int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(now)
	t.up += uint64(up)
	t.down += uint64(down)
	t.day.Up += uint64(up)
	t.day.Down += uint64(down)
}

// roll brings the day up to now, and ends it when the clock shows another one. It
// is called many times a second: what passed since was on either side of midnight.
func (t *traffic) roll(now moment) {
	passed := (now.run - t.seen).Seconds()
	t.seen = now.run
	utc := now.wall.UTC()
	if day := utc.Format(time.DateOnly); t.day.Day != day {
		midnight := utc.Truncate(24 * time.Hour)
		after := min(passed, utc.Sub(midnight).Seconds())
		t.end(passed - after)
		t.day = usage{Day: day, Seconds: after}
		t.store(now)
		return
	}
	t.day.Seconds += passed
	if now.run-t.keptAt >= keepEvery && (t.day.Up != t.kept.Up || t.day.Down != t.kept.Down) {
		t.store(now)
	}
}

// end closes the day.
func (t *traffic) end(passed float64) {
	t.day.Seconds = min(t.day.Seconds+passed, (24 * time.Hour).Seconds())
	if t.day.Day != "" && t.over != nil {
		t.over(t.day)
	}
}

// store has the day so far remembered.
func (t *traffic) store(now moment) {
	t.kept, t.keptAt = t.day, now.run
	if t.keep != nil {
		t.keep(t.day)
	}
}

// pass lets time pass: a day ends without any traffic, too.
func (t *traffic) pass() {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(now)
}

// pause is for the end of the program.
func (t *traffic) pause(now moment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(now)
	t.store(now)
}

// show fills the figures in.
func (t *traffic) show(now moment, s *Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll(now)
	s.BytesUp, s.BytesDown, s.BytesToday = t.up, t.down, t.day.Up+t.day.Down
}

// meter makes the days outlive the program, and events of those that have ended.
// The spool waits for no disk.
func (r *Reporter) meter() {
	r.traffic.began = time.Now()
	if r.cfg.Spool == nil {
		return
	}
	r.traffic.begin(r.cfg.Spool.Recall())
	r.traffic.over = func(u usage) { r.tell(contract.EventData, contract.SeverityInfo, u.String(), false) }
	r.traffic.keep = func(u usage) {
		text, err := json.Marshal(u)
		if err == nil { // numbers and a date always are
			r.cfg.Spool.Remember(text)
		}
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
	c.traffic.add(c.traffic.now(), 0, n)
	return n, err
}

// Write writes and counts.
func (c *metered) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.traffic.add(c.traffic.now(), n, 0)
	return n, err
}
