package publish

import "time"

// acks follows what the peer acknowledges. Times are given by the caller.
type acks struct {
	acked   uint64    // beyond the start of the session, bytes
	last    time.Time // when acked last rose
	waiting time.Time // since when something waits without any progress

	window [21]ackPoint // a second at one point per 50 ms
	newest int
}

type ackPoint struct {
	at    time.Time
	bytes uint64
}

// observe takes in the present state and tells how long data has been
// outstanding without an acknowledgement.
func (a *acks) observe(now time.Time, acked uint64, outstanding bool) time.Duration {
	a.newest = (a.newest + 1) % len(a.window)
	a.window[a.newest] = ackPoint{at: now, bytes: acked}
	if acked > a.acked {
		a.acked, a.last, a.waiting = acked, now, now
	}
	if !outstanding || a.waiting.IsZero() {
		a.waiting = now
	}
	return now.Sub(a.waiting)
}

// kbps is the rate of acknowledged bytes over the last second, or as much of
// it as was observed.
func (a *acks) kbps(now time.Time) int {
	oldest := a.window[(a.newest+1)%len(a.window)]
	for i := 2; oldest.at.IsZero() && i <= len(a.window); i++ {
		oldest = a.window[(a.newest+i)%len(a.window)]
	}
	passed := now.Sub(oldest.at)
	if oldest.at.IsZero() || passed <= 0 {
		return 0
	}
	return int(float64(a.window[a.newest].bytes-oldest.bytes) * 8 / 1000 / passed.Seconds())
}

// backlog knows since when the bytes that the kernel has not sent yet have
// waited, so that they count in the queue's age.
type backlog struct {
	marks [256]backlogMark // a ring; at small rates few units lie in 32 kB
	first int
	count int
}

// backlogMark is the end of a unit in the byte stream.
type backlogMark struct {
	end uint64
	at  time.Duration // when the unit had come into the queue
}

// add notes that the stream up to end holds a unit that came in at the time.
func (b *backlog) add(end uint64, at time.Duration) {
	if b.count == len(b.marks) {
		b.first = (b.first + 1) % len(b.marks)
		b.count--
	}
	b.marks[(b.first+b.count)%len(b.marks)] = backlogMark{end: end, at: at}
	b.count++
}

// oldest is when the first unit that is not sent whole came in, given how many
// bytes of the stream were sent; false when all were.
func (b *backlog) oldest(sent uint64) (time.Duration, bool) {
	for b.count > 0 && b.marks[b.first].end <= sent {
		b.first = (b.first + 1) % len(b.marks)
		b.count--
	}
	if b.count == 0 {
		return 0, false
	}
	return b.marks[b.first].at, true
}
