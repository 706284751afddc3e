package ingesttest

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// clock puts the tracks of a session on one timeline: by sender reports where
// they came before the track's first packet, by arrival otherwise.
type clock struct {
	mu      sync.Mutex // UDP reads the tracks' packets and reports in parallel
	started bool
	start   time.Duration // NTP time of PTS 0, when the first track had a report
	byNTP   bool
	arrival time.Time // of PTS 0
}

// timeline is the RTP time of one track.
type timeline struct {
	rate    int64 // Hz
	begun   bool
	last    uint32
	elapsed int64         // ticks since the first packet
	offset  time.Duration // PTS of the first packet

	reported  bool
	reportRTP uint32
	reportNTP time.Duration
}

// report takes in a sender report of the track.
func (c *clock) report(line *timeline, report *rtcp.SenderReport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line.reported, line.reportRTP, line.reportNTP = true, report.RTPTime, fromNTP(report.NTPTime)
}

// pts is the packet's time since the session's first unit.
func (c *clock) pts(line *timeline, stamp uint32, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !line.begun {
		line.begun, line.last = true, stamp
		line.offset = c.join(line, stamp, now)
	}
	line.elapsed += int64(int32(stamp - line.last)) // modulo 2^32; may go back with B-frames
	line.last = stamp
	return line.offset + ticks(line.elapsed, line.rate)
}

// join finds where on the session's timeline a track's first packet lies.
func (c *clock) join(line *timeline, stamp uint32, now time.Time) time.Duration {
	ntp := line.reportNTP + ticks(int64(int32(stamp-line.reportRTP)), line.rate)
	if !c.started {
		c.started, c.arrival = true, now
		c.byNTP, c.start = line.reported, ntp
		return 0
	}
	if c.byNTP && line.reported {
		return ntp - c.start
	}
	return now.Sub(c.arrival)
}

// ticks is a number of RTP ticks as a duration, without overflow.
func ticks(n, rate int64) time.Duration {
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate)*time.Second/time.Duration(rate)
}

// fromNTP is an NTP time (RFC 5905: 32 bits of seconds, 32 of fraction) as the
// time since 1900.
func fromNTP(ntp uint64) time.Duration {
	return time.Duration(ntp>>32)*time.Second + time.Duration((ntp&0xffffffff)*uint64(time.Second)>>32)
}
