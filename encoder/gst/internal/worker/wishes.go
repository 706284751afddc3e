package worker

import (
	"sync"
	"time"
)

// wishes are what the box asked for and the next picture shall fulfil.
type wishes struct {
	mu sync.Mutex
	wish
	skip bool // of a camera: leave pictures out
}

type wish struct {
	kbps          int // 0: no change
	width, height int
	resize        bool
	fps           int // at most; 0: all
	key           bool
}

func (w *wishes) setKbps(kbps int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kbps = max(kbps, 1)
}

func (w *wishes) setSize(width, height, fps int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.width, w.height, w.fps, w.resize = width, height, fps, true
}

// touchSize makes the next picture's size be worked out anew.
func (w *wishes) touchSize() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resize = true
}

func (w *wishes) forceKey() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.key = true
}

func (w *wishes) setSkip(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skip = on
}

func (w *wishes) skipping() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.skip
}

// take returns the wishes that the picture of this time must fulfil, and
// reports false when the limiter leaves the picture out; then they stay for
// the next one.
func (w *wishes) take(pts time.Duration, l *limiter) (wish, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.skips(pts, w.fps) {
		return wish{}, false
	}
	taken := w.wish
	w.kbps, w.resize, w.key = 0, false, false
	return taken, true
}

// limiter leaves out pictures above a frame rate.
type limiter struct {
	fps  int
	last time.Duration // the last picture that stayed
	next time.Duration // when the next is due
}

// skips tells whether the picture comes too early for fps pictures per second;
// 0 means no limit. A picture may come up to a quarter of an interval early,
// so that jitter does not cost every second one.
func (l *limiter) skips(pts time.Duration, fps int) bool {
	if fps <= 0 {
		l.fps, l.last = 0, pts
		return false
	}
	interval := time.Second / time.Duration(fps)
	if fps != l.fps && l.last > 0 {
		l.next = l.last + interval // evenly from the last one on
	}
	l.fps = fps
	if pts < l.next-interval/4 && l.next-pts <= 2*interval {
		return true
	}
	// Behind by more than one interval (a gap, a jump): start anew from here.
	if l.next += interval; l.next < pts || l.next > pts+2*interval {
		l.next = pts + interval
	}
	l.last = pts
	return false
}

// keyClock orders key frames: when they are wished for, when a new stretch of
// the stream begins, and when the last is too long ago. The interval is kept
// in time rather than in frames, as cameras change their frame rate at night.
type keyClock struct {
	interval time.Duration
	last     time.Duration
	epoch    int
	begun    bool
}

func (k *keyClock) due(pts time.Duration, epoch int, wished bool) bool {
	due := wished || epoch != k.epoch || pts-k.last >= k.interval
	if !k.begun {
		// An encoder's first picture is a key frame without being told.
		due, k.begun = false, true
		k.last = pts
	}
	k.epoch = epoch
	if due {
		k.last = pts
	}
	return due
}
