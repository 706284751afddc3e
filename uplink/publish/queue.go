package publish

import (
	"time"

	"studiobox/encoder/unit"
)

// queue holds the units that the line has not taken yet, oldest first. It is
// bounded in time: video that has waited longer than maxAge is dropped, but only
// from one decodable point to the next, so that nothing is ever sent that
// refers to a picture the receiver did not get. Sound, which costs the line
// little and is missed more, may wait longer. Times are given by the caller. It
// is not safe for concurrent use.
type queue struct {
	maxAge   time.Duration
	maxBytes int
	codec    unit.Codec // of the video

	entries []entry // entries[head:] wait
	head    int
	bytes   int // of all that waits

	begun  bool // the first entry is on its way and will be finished
	broken bool // a picture is missing: no video may enter before a key unit
	skip   bool // after a break at an H.265 CRA: its leading pictures must go too
	opened bool // the session's first picture has gone out; from then on drops count

	produced uint64    // video bytes that ever came in
	dropped  [2]uint64 // units by track
}

// entry is a unit with the time at which it came in.
type entry struct {
	unit *unit.Unit
	at   time.Duration
}

// mostBytes bounds the queue against a source gone wild: 1.2 s at 100 Mbit/s.
const mostBytes = 16 << 20

// newQueue makes a queue that waits for its first key unit.
func newQueue(maxAge time.Duration) queue {
	return queue{maxAge: maxAge, maxBytes: mostBytes, broken: true}
}

// put takes a unit in and drops what has become too old.
func (q *queue) put(u *unit.Unit, now time.Duration) {
	if u.Track == unit.Video {
		q.produced += uint64(u.Size())
	}
	if u.Track == unit.Audio || q.admit(u) {
		q.append(entry{unit: u, at: now})
	} else {
		q.drop(u)
	}
	q.trim(now)
}

// admit tells whether a receiver that got everything so far can decode u.
func (q *queue) admit(u *unit.Unit) bool {
	switch {
	case u.Key:
		q.skip = q.broken && q.codec == unit.H265
		q.broken = false
		return true
	case q.broken:
		return false
	case q.skip && skipped(u):
		return false
	}
	q.skip = false
	return true
}

// begin gives the unit to send next, nil when there is none. It stays in the
// queue, and counts in its age, until done. The first unit of a session is a
// key unit; the sound from before it is dropped.
func (q *queue) begin(now time.Duration) *unit.Unit {
	q.trim(now)
	if q.held() || q.empty() {
		return nil
	}
	if !q.opened {
		picture := q.oldestVideo(q.head)
		q.filter(q.head, func(i int, _ entry) bool { return i >= picture })
	}
	q.begun, q.opened = true, true
	return q.entries[q.head].unit
}

// done takes out the unit that begin gave and tells when it had come in.
func (q *queue) done() time.Duration {
	e := q.entries[q.head]
	q.entries[q.head] = entry{}
	q.head++
	q.bytes -= e.unit.Size()
	q.begun = false
	return e.at
}

// restart prepares for a new session, whose receiver has no picture yet: video
// begins with the newest key unit. Without one nothing goes out until it comes.
func (q *queue) restart(now time.Duration) {
	q.rest()
	q.trim(now)
	q.dropVideo(q.head, q.newestKey(q.head))
}

// rest is called when nobody sends any longer.
func (q *queue) rest() { q.begun, q.opened = false, false }

// flush drops the video backlog up to the newest key unit. That one goes too
// when it is older than stale, since a fresh one is to be had.
func (q *queue) flush(now, stale time.Duration) {
	key := q.newestKey(q.waiting())
	if key >= 0 && now-q.entries[key].at > stale {
		key = -1
	}
	if key != q.oldestVideo(q.waiting()) {
		q.dropVideo(q.waiting(), key)
	}
}

// soundAge is how long sound may wait.
func (q *queue) soundAge() time.Duration { return q.maxAge * 5 / 3 }

// trim enforces the bounds. No video as old as sound that is dropped is left.
func (q *queue) trim(now time.Duration) {
	first := q.waiting()
	if old := q.oldestVideo(first); old >= 0 && (now-q.entries[old].at > q.maxAge || q.bytes > q.maxBytes) {
		key := q.newestKey(first)
		if key >= 0 && (now-q.entries[key].at > q.maxAge || key == old) {
			key = -1
		}
		q.dropVideo(first, key)
	}
	if first < len(q.entries) && now-q.entries[first].at > q.soundAge() {
		q.filter(first, func(_ int, e entry) bool { return now-e.at <= q.soundAge() })
	}
}

// dropVideo drops all video from the entry first on up to the key unit at
// index key; all of it when key is negative.
func (q *queue) dropVideo(first, key int) {
	q.broken = q.broken || key < 0 // a key unit that stays mends no gap behind it
	leading := key >= 0 && q.codec == unit.H265
	q.filter(first, func(i int, e entry) bool {
		switch {
		case e.unit.Track == unit.Audio || i == key:
			return true
		case key < 0 || i < key || leading && skipped(e.unit):
			return false
		}
		leading = false
		return true
	})
	q.skip = leading
}

// filter keeps what the function says, from the entry first on, in order.
func (q *queue) filter(first int, keep func(int, entry) bool) {
	kept := first
	for i := first; i < len(q.entries); i++ {
		e := q.entries[i]
		if !keep(i, e) {
			q.bytes -= e.unit.Size()
			q.drop(e.unit)
			continue
		}
		q.entries[kept] = e
		kept++
	}
	clear(q.entries[kept:])
	q.entries = q.entries[:kept]
}

func (q *queue) drop(u *unit.Unit) {
	if q.opened {
		q.dropped[u.Track]++
	}
}

// append reuses the room in front, so that a steady flow allocates nothing.
func (q *queue) append(e entry) {
	if q.head > 0 && len(q.entries) == cap(q.entries) {
		n := copy(q.entries, q.entries[q.head:])
		clear(q.entries[n:])
		q.entries, q.head = q.entries[:n], 0
	}
	q.entries = append(q.entries, e)
	q.bytes += e.unit.Size()
}

// age is how long the oldest unit has waited.
func (q *queue) age(now time.Duration) time.Duration {
	if q.held() || q.empty() {
		return 0
	}
	return now - q.entries[q.head].at
}

// waitingBytes is what waits for the line.
func (q *queue) waitingBytes() int {
	if q.held() {
		return 0
	}
	return q.bytes
}

// held tells that the queue waits for the encoder and not for the line: the
// session has no picture to begin with.
func (q *queue) held() bool { return !q.opened && q.oldestVideo(q.head) < 0 }

// wantsKey tells that video stands still until a key unit comes.
func (q *queue) wantsKey() bool { return q.broken }

func (q *queue) empty() bool { return q.head == len(q.entries) }

// waiting is the index of the first entry that may still be dropped.
func (q *queue) waiting() int {
	if q.begun {
		return q.head + 1
	}
	return q.head
}

func (q *queue) oldestVideo(first int) int {
	for i := first; i < len(q.entries); i++ {
		if q.entries[i].unit.Track == unit.Video {
			return i
		}
	}
	return -1
}

func (q *queue) newestKey(first int) int {
	for i := len(q.entries) - 1; i >= first; i-- {
		if q.entries[i].unit.Key {
			return i
		}
	}
	return -1
}

// skipped tells an H.265 picture that refers back beyond the key unit before
// it (RASL, ITU-T H.265 table 7-1) and cannot be decoded after a break there.
func skipped(u *unit.Unit) bool {
	for _, nalu := range u.NALUs {
		if len(nalu) > 0 {
			if kind := nalu[0] >> 1 & 0x3f; kind == 8 || kind == 9 {
				return true
			}
		}
	}
	return false
}
