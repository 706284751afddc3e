package shape

import (
	"container/heap"
	"log/slog"
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

	kbps, gop, bframes int    // of the camera
	sps                []byte // of its key units; nil for none
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
	if u.Key = key; key && w.sps != nil {
		u.NALUs = append(u.NALUs, w.sps)
	}
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
