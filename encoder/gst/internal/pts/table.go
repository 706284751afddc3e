// Package pts finds what belongs to a picture again by its presentation time,
// on either side of a codec that reorders pictures and swallows some.
package pts

import "time"

// depth is how many pictures can be under way at once. H.264 and H.265 reorder
// at most 16; the rest is for what waits in queues.
const depth = 256

// Table holds the newest entries by presentation time and forgets the oldest
// by itself. It allocates once. Not safe for concurrent use.
type Table[T any] struct {
	slots [depth]slot[T]
	next  int
}

type slot[T any] struct {
	pts   time.Duration
	value T
	used  bool
}

// Put remembers a value, in the place of the oldest.
func (t *Table[T]) Put(pts time.Duration, value T) {
	t.slots[t.next] = slot[T]{pts: pts, value: value, used: true}
	t.next = (t.next + 1) % depth
}

// Take returns the newest value of that very presentation time and forgets
// it, or reports false.
func (t *Table[T]) Take(pts time.Duration) (T, bool) {
	for back := 1; back <= depth; back++ {
		s := &t.slots[(t.next+depth-back)%depth]
		if s.used && s.pts == pts {
			value := s.value
			*s = slot[T]{}
			return value, true
		}
	}
	var none T
	return none, false
}

// Clear forgets everything.
func (t *Table[T]) Clear() { *t = Table[T]{} }
