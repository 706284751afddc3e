package rtspcam

import (
	"slices"
	"sync"
	"time"

	"studiobox/encoder/unit"
)

// Stats is what a camera delivers. Counters start at New and run over all
// connections; the other figures are of the present connection.
type Stats struct {
	Connected bool       // playing: SETUP and PLAY are through
	Media     unit.Media // what OnMedia was told last
	Transport string     // "tcp" or "udp" while connected
	Synced    bool       // sound is aligned by the camera's sender reports

	VideoUnits     uint64 // handed to the sink
	AudioUnits     uint64 // handed to the sink
	Bytes          uint64 // payload handed to the sink
	DroppedVideo   uint64 // pictures withheld: damaged, or before a key picture
	LostPackets    uint64 // RTP packets that never came
	CorruptPackets uint64 // RTP packets that make no sense

	LastVideo   time.Time     // when the last picture came, forwarded or not
	Kbps        int           // video, over the last two seconds
	FPS         float64       // pictures, over the last two seconds
	KeyInterval time.Duration // between the last two key pictures; 0 = not known yet

	// Notes name what of the camera's offer is left aside, and why.
	Notes []string
}

// tally keeps the Stats. It locks for itself, so that it can be read from
// anywhere while the packet path writes.
type tally struct {
	mutex sync.Mutex
	stats Stats
	meter meter
	// transport asks the present connection; nil while there is none. It can
	// change from udp to tcp after PLAY.
	transport func() string
	lastKey   time.Duration // PTS; negative = none yet
}

func (t *tally) connected(media unit.Media, transport func() string, notes []string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.Connected = true
	t.stats.Media = media
	t.transport = transport
	t.stats.Notes = notes
	t.stats.KeyInterval = 0
	t.meter = meter{}
	t.lastKey = -1
}

func (t *tally) disconnected() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.Connected = false
	t.transport = nil
	t.stats.Synced = false
}

func (t *tally) media(media unit.Media) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.Media = media
}

func (t *tally) synced(yes bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.Synced = yes
}

// picture notes that a picture of size bytes came, whether it is forwarded or not.
func (t *tally) picture(now time.Time, pts time.Duration, size int, key bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.LastVideo = now
	t.meter.add(now, size)
	if key {
		if t.lastKey >= 0 {
			t.stats.KeyInterval = pts - t.lastKey
		}
		t.lastKey = pts
	}
}

func (t *tally) forwarded(u *unit.Unit) {
	size := uint64(u.Size())
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.Bytes += size
	if u.Track == unit.Video {
		t.stats.VideoUnits++
	} else {
		t.stats.AudioUnits++
	}
}

func (t *tally) dropped() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.DroppedVideo++
}

func (t *tally) lost(packets int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.LostPackets += uint64(packets)
}

func (t *tally) corrupt() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.stats.CorruptPackets++
}

func (t *tally) read(now time.Time) Stats {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	s := t.stats
	s.Notes = slices.Clone(s.Notes)
	if t.transport != nil {
		s.Transport = t.transport()
	}
	s.Kbps, s.FPS = t.meter.rates(now)
	return s
}
