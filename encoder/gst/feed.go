package gst

import (
	"sync"
	"time"

	"studiobox/encoder/gst/internal/pts"
	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

const (
	// unitWindow is how many units may be under way to a child; all others
	// wait here, where they can be skipped or dropped.
	unitWindow = 8
	// queueLimit is how many units may wait: four seconds at 30 per second.
	queueLimit = 128
	// lateAfter is how long a unit may wait and still be encoded.
	lateAfter = 500 * time.Millisecond
	// skipMost is how much of the source's time can be left out on request
	// before one picture goes through all the same: whoever asked may have
	// forgotten, and a viewer must see that the show is alive.
	skipMost = time.Second
)

// mark is what is found again when a picture comes out.
type mark struct {
	captured time.Time
	put      time.Time
}

// feed is the queue of coded units in front of a child. It never blocks, and
// it never lets the child start in the middle of a group of pictures.
type feed struct {
	wake func()

	mu      sync.Mutex
	running bool
	gated   bool // wait for a key frame
	restart bool // the next unit sent begins a new stretch
	queue   ring
	primes  int // references at the head of the queue; they are no backlog
	memory  gop
	marks   pts.Table[mark]
	skip    bool          // leave pictures out before encoding
	encoded time.Duration // PTS of the last unit that was sent to be encoded

	in, dropped, skipped uint64
}

func newFeed(wake func()) *feed { return &feed{wake: wake, gated: true} }

// put queues a unit, or drops it and counts.
func (f *feed) put(u *unit.Unit, now time.Time) {
	if u.Track != unit.Video {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.in++
	f.memory.add(u, now)
	if f.gated = f.gated && !u.Key; f.gated || !f.running {
		f.dropped++
		return
	}
	if f.queue.len()-f.primes >= queueLimit && !f.overflow(u) {
		f.dropped++
		return
	}
	f.queue.push(entry{unit: u, put: now})
	f.wake()
}

// overflow drops up to the next key frame, and reports whether u can be queued.
func (f *feed) overflow(u *unit.Unit) bool {
	for f.queue.len() > 0 {
		if f.dropHead(); f.queue.len() > 0 && f.queue.head().unit.Key {
			return true
		}
	}
	f.gated = !u.Key
	return u.Key
}

func (f *feed) dropHead() {
	if f.pop().flags&wire.DecodeOnly == 0 {
		f.dropped++
	}
}

// pop takes the head off the queue.
func (f *feed) pop() entry {
	e := f.queue.pop()
	if e.flags&wire.DecodeOnly != 0 {
		f.primes--
	}
	return e
}

// prime replaces the queue by references that begin a new stretch.
func (f *feed) prime(group []*unit.Unit, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.memory.set(group, now)
	if f.running {
		for f.queue.len() > 0 {
			f.dropHead()
		}
		f.replay(now)
	}
}

// replay queues what is remembered as references, from its key frame on.
func (f *feed) replay(now time.Time) {
	f.marks.Clear()
	f.restart = true
	f.gated = len(f.memory.units) == 0
	for _, u := range f.memory.units {
		f.queue.push(entry{unit: u, flags: wire.DecodeOnly, put: now})
	}
	f.primes = len(f.memory.units)
	f.wake()
}

// begin is for a new child: what it must know to go on in mid-stream.
func (f *feed) begin(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = true
	f.memory.expire(now)
	f.replay(now)
}

func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = false
	for f.queue.len() > 0 {
		f.dropHead()
	}
}

// send writes the next unit to the child. A late one becomes a reference, so
// that the child catches up with the newest.
func (f *feed) send(w *wire.Writer, now time.Time) (sent, error) {
	e, ok := f.next(now)
	if !ok {
		return nothing, nil
	}
	h := wire.Header{Kind: wire.Unit, Flags: e.flags, Value: int64(e.unit.PTS)}
	did := expected
	if e.flags&wire.DecodeOnly != 0 {
		did = silent
	}
	return did, w.SendNALUs(h, e.unit.NALUs)
}

func (f *feed) next(now time.Time) (entry, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.queue.len() == 0 {
		return entry{}, false
	}
	e := f.pop()
	if f.restart {
		e.flags |= wire.Restart
		f.restart = false
	}
	if e.flags&wire.DecodeOnly != 0 {
		return e, true
	}
	// The newest is encoded however late it is: there is nothing to catch up to.
	late := now.Sub(e.put) > lateAfter && f.queue.len() > 0
	if late || f.skip && (e.unit.PTS-f.encoded).Abs() < skipMost {
		e.flags |= wire.DecodeOnly
		f.skipped++
		return e, true
	}
	f.encoded = e.unit.PTS
	f.marks.Put(e.unit.PTS, mark{captured: e.unit.Captured, put: e.put})
	return e, true
}

// setSkip takes effect with the next unit sent.
func (f *feed) setSkip(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.skip = on
}

// answer finds what belongs to a picture that came out.
func (f *feed) answer(pts time.Duration) (mark, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.marks.Take(pts)
}

func (f *feed) addTo(s *Stats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.In, s.Dropped, s.Skipped = f.in, f.dropped, f.skipped
}
