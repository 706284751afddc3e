package gst

import (
	"sync"
	"time"

	"studiobox/encoder/gst/internal/pts"
	"studiobox/encoder/gst/internal/wire"
)

const (
	// frameWindow is how many raw pictures may be under way to a child.
	frameWindow = 2
	// frameQueue is how many may wait for room.
	frameQueue = 3
)

// frames is the queue of raw pictures in front of a child. It copies into
// buffers that it uses again and again; the newest pictures win.
type frames struct {
	size int // of a picture in bytes
	wake func()

	mu      sync.Mutex
	running bool
	free    [][]byte
	queue   []rawFrame // oldest first
	marks   pts.Table[mark]

	in, dropped uint64
}

type rawFrame struct {
	pts  time.Duration
	mark mark
	i420 []byte
}

func newFrames(size int, wake func()) *frames { return &frames{size: size, wake: wake} }

func (f *frames) put(pts time.Duration, captured time.Time, i420 []byte) {
	buffer, ok := f.buffer(len(i420))
	if !ok {
		return
	}
	copy(buffer, i420)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, rawFrame{
		pts:  pts,
		mark: mark{captured: captured, put: time.Now()},
		i420: buffer,
	})
	f.wake()
}

// buffer finds room for a picture of n bytes, if need be that of the oldest.
func (f *frames) buffer(n int) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.in++
	if n != f.size || !f.running {
		f.dropped++
		return nil, false
	}
	if len(f.queue) >= frameQueue {
		oldest := f.queue[0]
		f.queue = append(f.queue[:0], f.queue[1:]...)
		f.dropped++
		return oldest.i420, true
	}
	if last := len(f.free) - 1; last >= 0 {
		b := f.free[last]
		f.free = f.free[:last]
		return b, true
	}
	return make([]byte, f.size), true
}

func (f *frames) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = true
	f.marks.Clear()
	f.empty()
}

func (f *frames) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = false
	f.empty()
}

// empty drops what waits and keeps its memory.
func (f *frames) empty() {
	f.dropped += uint64(len(f.queue))
	for _, r := range f.queue {
		f.free = append(f.free, r.i420)
	}
	f.queue = f.queue[:0]
}

// send writes the oldest picture to the child.
func (f *frames) send(w *wire.Writer) (sent, error) {
	f.mu.Lock()
	if len(f.queue) == 0 {
		f.mu.Unlock()
		return nothing, nil
	}
	r := f.queue[0]
	f.queue = append(f.queue[:0], f.queue[1:]...)
	f.marks.Put(r.pts, r.mark)
	f.mu.Unlock()

	err := w.Send(wire.Header{Kind: wire.Frame, Value: int64(r.pts)}, r.i420)
	f.mu.Lock()
	f.free = append(f.free, r.i420)
	f.mu.Unlock()
	return expected, err
}

// answer finds what belongs to a picture that came out.
func (f *frames) answer(pts time.Duration) (mark, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.marks.Take(pts)
}

func (f *frames) addTo(s *Stats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.In, s.Dropped = f.in, f.dropped
}
