package panel

import "studiobox/encoder/unit"

// feedDepth bounds what waits for one viewer: about a second of pictures.
const feedDepth = 32

// feed is a viewer's bounded queue. Its fields belong to the tile's lock.
type feed struct {
	units   chan *unit.Unit
	waitKey bool
	dropped uint64
}

func newFeed() *feed { return &feed{units: make(chan *unit.Unit, feedDepth), waitKey: true} }

func (f *feed) offer(u *unit.Unit) {
	if f.waitKey && !u.Key {
		f.dropped++
		return
	}
	select {
	case f.units <- u:
		f.waitKey = false
	default:
		f.waitKey = true
		f.dropped++
	}
}

func (f *feed) drain() {
	for {
		select {
		case <-f.units:
		default:
			return
		}
	}
}
