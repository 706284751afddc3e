package panel

import (
	"sync"
	"time"

	"studiobox/encoder/unit"
)

// Bounds of what a tile keeps so that a new viewer sees a picture at once.
const (
	maxCachedUnits = 600
	maxCachedBytes = 4 << 20 // 5 s at 6 Mbit/s
)

// silentAfter is when a tile without units says so instead of standing still.
const silentAfter = 2 * time.Second

// newTimeline is a step back of presentation time that no reordering explains.
const newTimeline = 2 * time.Second

// tileState is why a tile shows a picture or not; the page has words for each.
type tileState string

const (
	tileOK      tileState = "ok"
	tileWaiting tileState = "waiting" // no picture comes in
	tileH265    tileState = "h265"    // browsers do not play it by WebRTC
	tileBFrames tileState = "bframes" // nor pictures out of order
)

// Preview is one tile: a sink that passes coded pictures on to its viewers. It
// never blocks: a viewer that is behind loses pictures up to the next key.
type Preview struct {
	mu       sync.Mutex
	gop      []*unit.Unit // from the latest key on; empty when it grew too big
	gopSize  int
	last     time.Time     // when the last picture came in
	newest   time.Duration // greatest PTS on this timeline
	hevc     bool
	disorder time.Time // until then, pictures out of order are remembered
	viewers  map[*feed]struct{}
}

func newPreview() *Preview { return &Preview{viewers: map[*feed]struct{}{}} }

// Put takes the next unit of the stream; sound is ignored.
func (p *Preview) Put(u *unit.Unit) {
	if u.Track != unit.Video || len(u.NALUs) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	p.judge(u)
	p.cache(u)
	broken := p.broken(p.last) != ""
	for viewer := range p.viewers {
		if broken {
			viewer.waitKey = true
		} else {
			viewer.offer(u)
		}
	}
}

// bFramesFor is how long after a picture out of order the tile keeps its
// message: longer than any group of pictures that has none.
const bFramesFor = 10 * time.Second

// judge notices what a browser cannot play.
func (p *Preview) judge(u *unit.Unit) {
	switch {
	case u.Key:
		p.hevc = isH265Key(u.NALUs[0])
		p.newest = u.PTS
	case u.PTS >= p.newest || p.newest-u.PTS > newTimeline:
		p.newest = u.PTS
	default:
		p.disorder = p.last.Add(bFramesFor)
	}
}

// isH265Key tells by the first NAL unit of a key picture. In H.265 it is a
// parameter set or a delimiter, types 32 to 35 in six bits, in layer 0 and
// temporal sub-layer 0. Read as H.264 such a header is of a type that begins no
// key picture.
func isH265Key(nalu []byte) bool {
	if len(nalu) < 2 {
		return false
	}
	kind := nalu[0] >> 1 & 0x3f
	return kind >= 32 && kind <= 35 && nalu[0]&1 == 0 && nalu[1] == 1
}

// cache keeps the group of pictures that is under way.
func (p *Preview) cache(u *unit.Unit) {
	if u.Key {
		p.forget()
	} else if len(p.gop) == 0 {
		return
	}
	p.gopSize += u.Size()
	if len(p.gop) == maxCachedUnits || p.gopSize > maxCachedBytes {
		p.forget() // a new viewer waits for the next key instead
		return
	}
	p.gop = append(p.gop, u)
}

func (p *Preview) forget() {
	clear(p.gop) // the pictures themselves must be free to go
	p.gop, p.gopSize = p.gop[:0], 0
}

// broken names what keeps a running stream from being shown, if anything.
func (p *Preview) broken(now time.Time) tileState {
	switch {
	case p.hevc:
		return tileH265
	case now.Before(p.disorder):
		return tileBFrames
	default:
		return ""
	}
}

// state tells whether the tile has a picture that a browser can play.
func (p *Preview) state() tileState {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.last.IsZero() || now.Sub(p.last) > silentAfter {
		return tileWaiting
	}
	if broken := p.broken(now); broken != "" {
		return broken
	}
	return tileOK
}

// watch subscribes a feed and returns the pictures that it needs first, oldest
// first; none when it must wait for the next key.
func (p *Preview) watch(f *feed) []*unit.Unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.viewers[f] = struct{}{}
	return p.restart(f)
}

// again is watch for a feed whose decoder lost its thread.
func (p *Preview) again(f *feed) []*unit.Unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.restart(f)
}

func (p *Preview) restart(f *feed) []*unit.Unit {
	f.drain()
	f.waitKey = len(p.gop) == 0
	return append([]*unit.Unit(nil), p.gop...)
}

func (p *Preview) leave(f *feed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.viewers, f)
}
