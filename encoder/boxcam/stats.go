package boxcam

import (
	"sync"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// Stats is what a camera delivers. Counters start at New and run over all runs.
type Stats struct {
	Connected bool       // pictures come
	Media     unit.Media // what OnMedia was told last
	Format    string     // of what the camera gives, in GStreamer's notation

	VideoUnits   uint64 // handed to the sink
	AudioUnits   uint64 // handed to the sink
	Bytes        uint64 // payload handed to the sink
	DroppedVideo uint64 // pictures that the encoder was too slow for
	DroppedAudio uint64 // sound before the first picture

	LastVideo   time.Time     // when the last picture came
	LastAudio   time.Time     // when the last sound came; Media tells of a silent microphone too
	Kbps        int           // video, over the last two seconds
	FPS         float64       // pictures, over the last two seconds
	KeyInterval time.Duration // between the last two key pictures; 0 = not known yet

	Encoder gst.Stats
}

// Stats tells how the camera is doing.
func (c *Camera) Stats() Stats {
	s := c.tally.read(time.Now())
	s.Encoder = c.encoder.Stats()
	s.DroppedVideo = s.Encoder.Dropped
	return s
}

// window is what rates are a mean over; with less than least there is none yet.
const (
	window = 2 * time.Second
	least  = window / 4
)

// tally keeps the Stats, which are read from anywhere while units come.
type tally struct {
	mu      sync.Mutex
	stats   Stats
	began   time.Time // of this run's pictures
	recent  []arrival // oldest first
	lastKey time.Duration
	keyed   bool
}

type arrival struct {
	at   time.Time
	size int
}

func (t *tally) connected(m unit.Media) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Connected, t.stats.Media = true, m
}

func (t *tally) disconnected() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Connected, t.stats.KeyInterval = false, 0
	t.keyed, t.began, t.recent = false, time.Time{}, t.recent[:0]
}

func (t *tally) formatted(format string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Format = format
}

func (t *tally) dropped(u *unit.Unit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if u.Track == unit.Audio {
		t.stats.DroppedAudio++
	}
}

func (t *tally) forwarded(now time.Time, u *unit.Unit) {
	size := u.Size()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Bytes += uint64(size)
	if u.Track == unit.Audio {
		t.stats.AudioUnits++
		t.stats.LastAudio = now
		return
	}
	t.stats.VideoUnits++
	t.stats.LastVideo = now
	if t.began.IsZero() {
		t.began = now
	}
	t.forget(now)
	t.recent = append(t.recent, arrival{now, size})
	if u.Key {
		if t.keyed {
			t.stats.KeyInterval = u.PTS - t.lastKey
		}
		t.lastKey, t.keyed = u.PTS, true
	}
}

// forget drops what has left the window.
func (t *tally) forget(now time.Time) {
	n := 0
	for n < len(t.recent) && now.Sub(t.recent[n].at) > window {
		n++
	}
	t.recent = append(t.recent[:0], t.recent[n:]...)
}

func (t *tally) read(now time.Time) Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	t.forget(now)
	span := min(now.Sub(t.began), window).Seconds()
	if t.began.IsZero() || span < least.Seconds() {
		return s
	}
	bytes := 0
	for _, a := range t.recent {
		bytes += a.size
	}
	s.Kbps, s.FPS = int(float64(bytes)*8/1000/span), float64(len(t.recent))/span
	return s
}
