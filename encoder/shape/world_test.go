package shape

import (
	"container/heap"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

const (
	ms    = time.Millisecond
	frame = 33 * ms
)

// origin tells in a unit's only NAL unit who made it: the encoder, its group
// of pictures and the place in that group's decoding order.
type origin struct {
	maker byte // 'c' camera, 't' transcoder
	group int
	place int
}

// blank is the content of all pictures: only sizes matter here.
var blank = make([]byte, 1<<20)

// world is a shaper between a model camera, a model transcoder and a model
// viewer, on one thread of virtual time.
type world struct {
	t      *testing.T
	shaper *Shaper
	tc     *fakeTranscoder
	now    time.Duration
	start  time.Time
	origin map[*unit.Unit]origin
	events events
	viewer viewer

	kbps, gop, bframes int // of the camera
	group, place       int
	shown              int // pictures that the camera has begun, in display order
	audioIn, audioOut  int
}

func newWorld(t *testing.T, cfg Config) *world {
	w := &world{t: t, start: time.Unix(1000, 0), origin: map[*unit.Unit]origin{}, kbps: 4000, gop: 60}
	w.tc = &fakeTranscoder{world: w, latency: 60 * ms, ready: true}
	w.viewer = viewer{world: w, last: -1, quietest: 0}
	w.shaper = New(cfg, w.tc, w.tc, unit.SinkFunc(w.arrive), slog.New(slog.DiscardHandler))
	return w
}

func (w *world) after(d time.Duration, do func()) {
	heap.Push(&w.events, event{at: w.now + d, order: w.events.made, do: do})
	w.events.made++
}

// run lets the camera deliver for a while; each unit comes when it is due.
func (w *world) run(lasting time.Duration) {
	end := w.now + lasting
	for w.events.Len() > 0 && w.events.list[0].at <= end {
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
	}
	w.now = end
}

// film makes the camera deliver from now on.
func (w *world) film() {
	w.deliver(w.mini())
	w.after(frame, w.film)
}

// mini makes the next unit in decoding order. With B pictures the anchors
// come before the pictures that show before them: I0 P3 B1 B2 P6 B4 B5.
func (w *world) mini() *unit.Unit {
	key := w.place%w.gop == 0
	if key {
		w.group++
		w.place = 0
	}
	show := w.shown
	if n := w.bframes + 1; n > 1 && !key {
		switch at := (w.place - 1) % n; at {
		case 0:
			show += w.bframes // an anchor
		default:
			show-- // a B picture, after its anchor
		}
	}
	w.shown++
	u := w.unit(origin{'c', w.group, w.place}, time.Duration(show)*frame, w.size(key))
	u.Key = key
	w.place++
	return u
}

// size is the bytes of a camera's picture; a key picture is four times as big.
func (w *world) size(key bool) int {
	mean := float64(w.kbps) / 8 * float64(frame/ms)
	small := mean * float64(w.gop) / float64(w.gop+3)
	if key {
		return int(4 * small)
	}
	return int(small)
}

func (w *world) unit(o origin, pts time.Duration, size int) *unit.Unit {
	u := &unit.Unit{PTS: pts, Captured: w.start.Add(w.now), NALUs: [][]byte{blank[:size]}}
	w.origin[u] = o
	return u
}

func (w *world) deliver(u *unit.Unit) {
	w.shaper.Put(u)
	w.shaper.Put(&unit.Unit{Track: unit.Audio, PTS: u.PTS, Captured: u.Captured, Frame: []byte{1}})
	w.audioIn++
}

func (w *world) arrive(u *unit.Unit) {
	if u.Track == unit.Audio {
		w.audioOut++
		return
	}
	w.viewer.see(u)
}

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

// fakeTranscoder decodes and encodes in model: it shows pictures in order of
// PTS after a latency, restarts at a Prime, and can die or fall silent.
type fakeTranscoder struct {
	world   *world
	latency time.Duration
	ready   bool
	silent  bool
	random  *rand.Rand // jitter, may be nil

	kbps, primes, keysAsked int
	decoded                 origin // the last camera unit decoded
	any                     bool
	waiting                 []*unit.Unit // reordered for display
	life                    int
	group, place            int
	force                   bool
	free                    time.Duration // when the last picture comes out
}

func (f *fakeTranscoder) Ready() bool   { return f.ready }
func (f *fakeTranscoder) ForceKey()     { f.keysAsked++; f.force = true }
func (f *fakeTranscoder) SetKbps(k int) { f.kbps = k }

func (f *fakeTranscoder) Prime(gop []*unit.Unit) {
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
	if !f.ready || f.silent {
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

// events is a heap of things to come.
type event struct {
	at    time.Duration
	order int
	do    func()
}

type events struct {
	list []event
	made int
}

func (e *events) Len() int { return len(e.list) }
func (e *events) Less(i, j int) bool {
	a, b := e.list[i], e.list[j]
	return a.at < b.at || a.at == b.at && a.order < b.order
}
func (e *events) Swap(i, j int) { e.list[i], e.list[j] = e.list[j], e.list[i] }
func (e *events) Push(x any)    { e.list = append(e.list, x.(event)) }
func (e *events) Pop() any {
	last := e.list[len(e.list)-1]
	e.list = e.list[:len(e.list)-1]
	return last
}
