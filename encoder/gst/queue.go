package gst

import (
	"time"

	"studiobox/encoder/unit"
)

// entry is a unit on its way to a child.
type entry struct {
	unit  *unit.Unit
	flags uint8 // of the wire
	put   time.Time
}

// ring is a queue that stops allocating once it has grown to its largest.
type ring struct {
	slots []entry
	first int
	count int
}

func (r *ring) len() int { return r.count }

func (r *ring) head() entry { return r.slots[r.first] }

func (r *ring) push(e entry) {
	if r.count == len(r.slots) {
		grown := make([]entry, max(32, 2*len(r.slots)))
		for i := range r.count {
			grown[i] = r.slots[(r.first+i)%len(r.slots)]
		}
		r.slots, r.first = grown, 0
	}
	r.slots[(r.first+r.count)%len(r.slots)] = e
	r.count++
}

func (r *ring) pop() entry {
	e := r.slots[r.first]
	r.slots[r.first] = entry{} // do not keep the unit alive
	r.first = (r.first + 1) % len(r.slots)
	r.count--
	return e
}

const (
	// gopUnits and gopBytes bound the memory of a group of pictures: 20 s at
	// 30 per second, or 24 MB. A longer one is not worth decoding again.
	gopUnits = 600
	gopBytes = 24 << 20
	// gopAge is when a group whose source has fallen silent is forgotten. A
	// starved machine can take seconds to start the next child.
	gopAge = 10 * time.Second
)

// gop remembers the units since the last key frame, which a restarted child
// must decode before it can go on. Empty means: wait for a key frame.
type gop struct {
	units []*unit.Unit
	bytes int
	last  time.Time
}

func (g *gop) add(u *unit.Unit, now time.Time) {
	g.expire(now)
	g.last = now
	if u.Key {
		g.clear()
	} else if len(g.units) == 0 {
		return
	}
	g.units = append(g.units, u)
	g.bytes += u.Size()
	if len(g.units) > gopUnits || g.bytes > gopBytes {
		g.clear()
	}
}

// set takes a whole group; one that does not start with a key frame, or is too
// long, counts as none.
func (g *gop) set(units []*unit.Unit, now time.Time) {
	g.clear()
	for _, u := range units {
		g.add(u, now)
	}
}

func (g *gop) expire(now time.Time) {
	if now.Sub(g.last) > gopAge {
		g.clear()
	}
}

func (g *gop) clear() {
	clear(g.units)
	g.units, g.bytes = g.units[:0], 0
}
