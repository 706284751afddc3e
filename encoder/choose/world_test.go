package choose

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// frame is the time between two pictures in the world.
const frame = 40 * time.Millisecond

// source is a stream of the world's camera. Its clock says something else than
// the other's, as those of two RTSP sessions do.
type source struct {
	stream  Stream
	codec   unit.Codec
	clock   time.Duration // PTS minus time of capture
	delay   time.Duration // of the way here
	jitter  time.Duration // at most, on top
	gop     int           // pictures
	phase   int           // pictures before its first key unit
	bFrames int
	bytes   int // of a picture that is no key unit
	audio   bool
	from    time.Duration // when the connection begins and ends
	to      time.Duration
}

// origin is what a unit was made as: the viewer's means to check it.
type origin struct {
	stream   Stream
	group    int // of pictures; connections count on
	place    int // in the group, in decoding order
	captured time.Duration
	leading  bool
}

type arrival struct {
	at     time.Duration
	stream Stream
	unit   *unit.Unit
}

// world is a camera with its streams, a chooser and a viewer.
type world struct {
	t        *testing.T
	chooser  *Chooser
	begin    time.Time
	now      time.Duration
	origins  map[*[]byte]origin // by the first NAL unit's place, which copies share
	arrivals []arrival
	begins   []arrival // of connections
	viewer   viewer
	filler   []byte // what slices are padded with
	wanted   []bool
	keys     int
	media    []unit.Media
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, begin: time.Now(), origins: map[*[]byte]origin{}, filler: make([]byte, 1<<18)}
	w.viewer.world = w
	w.chooser = New(Config{}, &w.viewer, nil)
	w.chooser.OnMedia = func(m unit.Media) { w.media = append(w.media, m) }
	w.chooser.OnKeyWanted = func(Stream) { w.keys++ }
	w.chooser.OnMainWanted = func(yes bool) { w.wanted = append(w.wanted, yes) }
	return w
}

// add films a source from its beginning to its end.
func (w *world) add(s source, rng *rand.Rand) {
	w.begins = append(w.begins, arrival{at: s.from, stream: s.stream, unit: w.mediaUnit(s)})
	last := s.from
	for n := int(s.from / frame); time.Duration(n)*frame < s.to; n++ {
		k := n - s.phase
		if time.Duration(n-(k%s.gop+s.gop)%s.gop)*frame < s.from {
			continue // the camera client withholds what cannot be decoded
		}
		captured := time.Duration(n) * frame
		place := (k%s.gop + s.gop) % s.gop
		u := &unit.Unit{Key: place == 0, PTS: s.shown(captured, place), NALUs: s.nalus(place, w.filler)}
		w.origins[&u.NALUs[0]] = origin{stream: s.stream, group: (n - place) * 10, place: place, captured: u.PTS - s.clock, leading: s.codec == unit.H265 && place == 1}
		at := captured + s.delay + time.Duration(rng.Int64N(int64(s.jitter)+1))
		if u.Key {
			at += 3 * s.delay // it is large
		}
		last = max(last, at)
		w.arrivals = append(w.arrivals, arrival{last, s.stream, u})
	}
	for at := s.from; s.audio && at < s.to; at += 20 * time.Millisecond {
		u := &unit.Unit{Track: unit.Audio, PTS: at + s.clock, Frame: []byte{byte(s.stream), 1, 2}}
		w.arrivals = append(w.arrivals, arrival{at + s.delay + time.Duration(rng.Int64N(int64(s.jitter)+1)), s.stream, u})
	}
}

// shown is the PTS of a picture: with B-frames others than the decoding order.
func (s source) shown(captured time.Duration, place int) time.Duration {
	switch {
	case s.bFrames == 0 || place == 0:
	case place%2 == 0:
		captured -= frame
	case place+1 < s.gop: // a P picture comes before the B picture that it follows
		captured += frame
	}
	return captured + s.clock
}

// nalus are a picture's NAL units: in H.265 the one after a key unit is a
// leading picture.
func (s source) nalus(place int, filler []byte) [][]byte {
	kinds := []byte{0x67, 0x68, 0x65, 0x41, 0x41} // SPS, PPS, IDR, P, P
	if s.codec == unit.H265 {
		kinds = []byte{33 << 1, 34 << 1, 21 << 1, 9 << 1, 1 << 1} // SPS, PPS, CRA, RASL, TRAIL
	}
	switch place {
	case 0:
		return [][]byte{{kinds[0], byte(s.stream)}, {kinds[1]}, {kinds[2]}, filler[:8*s.bytes]}
	case 1:
		return [][]byte{{kinds[3]}, filler[:s.bytes]}
	}
	return [][]byte{{kinds[4]}, filler[:s.bytes]}
}

func (w *world) mediaUnit(s source) *unit.Unit {
	u := &unit.Unit{}
	if s.audio {
		u.Frame = []byte{1}
	}
	u.NALUs = [][]byte{{byte(s.codec)}}
	return u
}

// run lets the world go on until a time; before is called at each step's time.
func (w *world) run(until time.Duration) {
	slices.SortStableFunc(w.arrivals, func(a, b arrival) int { return int(a.at - b.at) })
	slices.SortStableFunc(w.begins, func(a, b arrival) int { return int(a.at - b.at) })
	for len(w.arrivals) > 0 && w.arrivals[0].at <= until {
		a := w.arrivals[0]
		w.arrivals = w.arrivals[1:]
		for len(w.begins) > 0 && w.begins[0].at <= a.at {
			b := w.begins[0]
			w.begins = w.begins[1:]
			w.chooser.Restart(b.stream)
			m := unit.Media{Video: unit.Format{Codec: unit.Codec(b.unit.NALUs[0][0]), SPS: []byte{0x67, byte(b.stream)}}}
			if b.unit.Frame != nil {
				m.Audio = &unit.Format{Codec: unit.G711U, SampleRate: 8000, Channels: 1}
			}
			w.chooser.SetMedia(b.stream, m)
		}
		w.now = a.at
		a.unit.Captured = w.begin.Add(a.at)
		before := *a.unit
		w.chooser.Sink(a.stream).Put(a.unit)
		if before.PTS != a.unit.PTS || before.Key != a.unit.Key {
			w.t.Errorf("%v: a unit was modified", w.now)
		}
	}
	w.now = until
}

// viewer checks what goes out as a decoder would meet it.
type viewer struct {
	world   *world
	units   int
	order   []Stream // whose pictures, one for each change
	at      origin
	pts     []time.Duration
	highest time.Duration
	lastAt  time.Duration
	longest time.Duration // without a picture
	apart   []time.Duration
	audio   []time.Duration
	soundBy []Stream
}

// Put checks a unit.
func (v *viewer) Put(u *unit.Unit) {
	if u.Track == unit.Audio {
		v.hear(u)
		return
	}
	w := v.world
	o, known := w.origins[&u.NALUs[0]]
	if !known {
		w.t.Fatalf("%v: a picture that nobody made", w.now)
	}
	switch {
	case u.Key:
		if v.units > 0 && u.PTS <= v.highest {
			w.t.Errorf("%v: key unit of %v at %v after %v", w.now, o.stream, u.PTS, v.highest)
		}
		if u.NALUs[0][0]&0x1f != 7 && u.NALUs[0][0]>>1 != 33 {
			w.t.Errorf("%v: a key unit without parameter sets", w.now)
		}
	case v.units == 0 || o.stream != v.at.stream || o.group != v.at.group:
		w.t.Errorf("%v: %+v cannot be decoded after %+v", w.now, o, v.at)
	case o.place != v.at.place+1 && !(o.place == 2 && v.at.place == 0):
		w.t.Errorf("%v: %+v has lost what it refers to: before came %+v", w.now, o, v.at)
	}
	if v.units == 0 || v.order[len(v.order)-1] != o.stream {
		v.order = append(v.order, o.stream)
		if o.place != 0 {
			w.t.Errorf("%v: changed to %v in the middle of a group", w.now, o.stream)
		}
	}
	if slices.Contains(v.pts[max(0, len(v.pts)-100):], u.PTS) {
		w.t.Errorf("%v: PTS %v came twice", w.now, u.PTS)
	}
	if v.units > 0 {
		v.longest = max(v.longest, w.now-v.lastAt)
	}
	v.pts = append(v.pts, u.PTS)
	v.apart = append(v.apart, u.PTS-o.captured)
	v.at, v.lastAt, v.highest = o, w.now, max(v.highest, u.PTS)
	v.units++
}

func (v *viewer) hear(u *unit.Unit) {
	if n := len(v.audio); n > 0 && u.PTS <= v.audio[n-1] {
		v.world.t.Errorf("%v: sound at %v after %v", v.world.now, u.PTS, v.audio[n-1])
	}
	v.audio = append(v.audio, u.PTS)
	v.soundBy = append(v.soundBy, Stream(u.Frame[0]))
}

// rises checks that the times rise strictly in the order sent.
func (v *viewer) rises() {
	for i := 1; i < len(v.pts); i++ {
		if v.pts[i] <= v.pts[i-1] {
			v.world.t.Errorf("picture %d is at %v after %v", i, v.pts[i], v.pts[i-1])
		}
	}
}

// spread is how far outgoing time and time of capture move against each other.
func spread(times []time.Duration) time.Duration { return slices.Max(times) - slices.Min(times) }
