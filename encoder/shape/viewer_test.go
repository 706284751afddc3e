package shape

import (
	"maps"
	"slices"
	"time"

	"studiobox/encoder/unit"
)

// viewer is a model decoder: it can show a unit when it is a key unit, or the
// one that follows the last in the same group of the same encoder.
type viewer struct {
	world    *world
	last     time.Duration // PTS, highest so far
	at       origin
	seen     map[time.Duration]bool
	units    int
	makers   string
	lastAt   time.Duration
	quietest time.Duration // longest time without a unit
}

// gap is the longest step between two times that were shown.
func (v *viewer) gap() (longest time.Duration) {
	times := slices.Sorted(maps.Keys(v.seen))
	for i := 1; i < len(times); i++ {
		longest = max(longest, times[i]-times[i-1])
	}
	return longest
}

func (v *viewer) see(u *unit.Unit) {
	w := v.world
	o := w.origin[u]
	switch {
	case u.Key && o.place == 0:
		if v.units > 0 && u.PTS <= v.last {
			w.t.Errorf("%v: key unit %+v at %v after %v was shown", w.now, o, u.PTS, v.last)
		}
		if v.units == 0 || v.makers[len(v.makers)-1] != o.maker {
			v.makers += string(o.maker)
		}
	case v.units == 0 || o.maker != v.at.maker || o.group != v.at.group || o.place != v.at.place+1:
		w.t.Errorf("%v: unit %+v cannot be decoded after %+v", w.now, o, v.at)
	}
	if v.seen == nil {
		v.seen = map[time.Duration]bool{}
	}
	if v.seen[u.PTS] {
		w.t.Errorf("%v: PTS %v came twice", w.now, u.PTS)
	}
	v.seen[u.PTS] = true
	if v.units > 0 {
		v.quietest = max(v.quietest, w.now-v.lastAt)
	}
	v.at, v.lastAt, v.last = o, w.now, max(v.last, u.PTS)
	v.units++
}
