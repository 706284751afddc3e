package shape

import (
	"math/rand/v2"
	"slices"
	"time"

	"studiobox/encoder/unit"
)

// fakeTranscoder decodes and encodes in model: it shows pictures in order of
// PTS after a latency, restarts at a Prime, and can die or fall silent.
type fakeTranscoder struct {
	world   *world
	latency time.Duration
	ready   bool
	silent  bool
	skip    bool       // pictures are decoded only
	random  *rand.Rand // jitter, may be nil

	kbps, primes, keysAsked int
	decoded                 origin // the last camera unit decoded
	any                     bool
	waiting                 []*unit.Unit // reordered for display
	life                    int
	group, place            int
	force                   bool
	free                    time.Duration // when the last picture comes out
	given, copied           []*unit.Unit  // the references of the last Prime
}

func (f *fakeTranscoder) Ready() bool   { return f.ready }
func (f *fakeTranscoder) ForceKey()     { f.keysAsked++; f.force = true }
func (f *fakeTranscoder) SetKbps(k int) { f.kbps = k }

func (f *fakeTranscoder) Prime(gop []*unit.Unit) {
	if !slices.Equal(f.given, f.copied) {
		f.world.t.Error("the references were altered after they were given away")
	}
	f.given, f.copied = gop, slices.Clone(gop)
	f.primes++
	f.any, f.waiting, f.force = false, nil, true
	for _, u := range gop {
		f.decode(u)
	}
}

// decode insists on unbroken references.
func (f *fakeTranscoder) decode(u *unit.Unit) {
	o := f.world.origin[u]
	if !u.Key && (!f.any || o.group != f.decoded.group || o.place != f.decoded.place+1) {
		f.world.t.Errorf("%v: the transcoder got %+v after %+v", f.world.now, o, f.decoded)
	}
	f.decoded, f.any = o, true
}

// Put encodes pictures in display order: one that shows next goes at once, an
// anchor waits for the pictures before it.
func (f *fakeTranscoder) Put(u *unit.Unit) {
	f.decode(u)
	if !f.ready || f.silent || f.skip {
		return
	}
	bs := f.world.bframes
	if anchor := bs > 0 && !u.Key && (f.world.origin[u].place-1)%(bs+1) == 0; anchor {
		f.flush()
		f.waiting = append(f.waiting, u)
		return
	}
	if u.Key {
		f.flush()
	}
	f.encode(u)
	if bs > 0 && !u.Key && (f.world.origin[u].place-1)%(bs+1) == bs {
		f.flush()
	}
}

func (f *fakeTranscoder) flush() {
	for _, u := range f.waiting {
		f.encode(u)
	}
	f.waiting = nil
}

func (f *fakeTranscoder) encode(source *unit.Unit) {
	if f.force || f.place >= 250 {
		f.group++
		f.place, f.force = 0, false
	}
	u := f.world.unit(origin{'t', f.group, f.place}, source.PTS, max(1, f.kbps/8*33))
	u.Captured, u.Key = source.Captured, f.place == 0
	f.place++
	due := f.world.now + f.latency
	if f.random != nil {
		due += time.Duration(f.random.Int64N(int64(f.latency)))
	}
	f.free = max(f.free, due)
	life := f.life
	f.world.after(f.free-f.world.now, func() {
		if f.ready && life == f.life {
			f.world.shaper.FromTranscoder().Put(u)
		}
	})
}

// die loses all that is under way; live begins anew, as gst does: it knows the
// present group and makes a key unit first.
func (f *fakeTranscoder) die()  { f.ready = false; f.life++; f.waiting = nil }
func (f *fakeTranscoder) live() { f.ready, f.force = true, true }
