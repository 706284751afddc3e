package publish

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

const frame = 33 * time.Millisecond

func key(n int) *unit.Unit   { return videoUnit(n, true, 19) }
func delta(n int) *unit.Unit { return videoUnit(n, false, 1) }
func rasl(n int) *unit.Unit  { return videoUnit(n, false, 8) }

func videoUnit(n int, key bool, kind byte) *unit.Unit {
	return &unit.Unit{PTS: time.Duration(n) * frame, Track: unit.Video, Key: key, NALUs: [][]byte{{kind << 1, 1, byte(n)}}}
}

func audioUnit(n int) *unit.Unit {
	return &unit.Unit{PTS: time.Duration(n) * frame, Track: unit.Audio, Frame: []byte{byte(n)}}
}

// fill puts the units in, one per frame time, and returns the time after.
func fill(q *queue, units ...*unit.Unit) time.Duration {
	now := time.Duration(0)
	for _, u := range units {
		q.put(u, now)
		now += frame
	}
	return now
}

// drain takes everything out and names it: K, P, R(ASL) or a(udio) with the
// frame number.
func drain(q *queue, now time.Duration) string {
	names := ""
	for u := q.begin(now); u != nil; u = q.begin(now) {
		names += name(u) + " "
		q.done()
	}
	return names
}

func name(u *unit.Unit) string {
	n := int(u.PTS / frame)
	switch {
	case u.Track == unit.Audio:
		return fmt.Sprintf("a%d", n)
	case u.Key:
		return fmt.Sprintf("K%d", n)
	case skipped(u):
		return fmt.Sprintf("R%d", n)
	}
	return fmt.Sprintf("P%d", n)
}

func TestAQueueDrops(t *testing.T) {
	const age = 5 * frame // sound: 8
	cases := []struct {
		name  string
		codec unit.Codec
		act   func(*queue) time.Duration // returns the time of draining
		left  string
	}{
		{"nothing while units are young", unit.H264, func(q *queue) time.Duration {
			return fill(q, key(0), audioUnit(0), delta(1), audioUnit(1))
		}, "K0 a0 P1 a1 "},
		{"old video up to the newest key unit, and keeps the sound", unit.H264, func(q *queue) time.Duration {
			return fill(q, key(0), audioUnit(0), delta(1), key(2), delta(3), audioUnit(3))
		}, "a0 K2 P3 a3 "},
		{"all video when no key unit follows", unit.H264, func(q *queue) time.Duration {
			return fill(q, key(0), delta(1), audioUnit(1), delta(2), delta(3), delta(4))
		}, "a1 "},
		{"video that follows a drop, until a key unit comes", unit.H264, func(q *queue) time.Duration {
			fill(q, key(0), delta(1), delta(2), delta(3), delta(4), delta(5), delta(6))
			q.put(delta(7), 7*frame)
			q.put(key(8), 8*frame)
			q.put(delta(9), 9*frame)
			return 10 * frame
		}, "K8 P9 "},
		{"video before the first key unit", unit.H264, func(q *queue) time.Duration {
			return fill(q, delta(0), audioUnit(0), key(1), delta(2))
		}, "a0 K1 P2 "},
		{"nothing of a unit that is under way", unit.H264, func(q *queue) time.Duration {
			fill(q, key(0), delta(1), delta(2))
			q.begin(3 * frame)
			q.put(audioUnit(30), 30*frame)
			return 30 * frame
		}, "K0 a30 "},
		{"sound that is too old, after the video", unit.H264, func(q *queue) time.Duration {
			fill(q, audioUnit(0), key(0), delta(1), audioUnit(1))
			q.put(audioUnit(10), 10*frame)
			return 10 * frame
		}, "a1 a10 "},
		{"leading pictures of a CRA behind a break", unit.H265, func(q *queue) time.Duration {
			fill(q, key(0), delta(1), delta(2), delta(3), key(4), rasl(3), audioUnit(3))
			q.put(rasl(5), 6*frame)
			q.put(delta(6), 6*frame)
			q.put(rasl(7), 6*frame)
			return 6 * frame
		}, "K4 a3 P6 R7 "},
		{"no leading pictures without a break", unit.H265, func(q *queue) time.Duration {
			return fill(q, key(0), delta(1), key(3), rasl(2))
		}, "K0 P1 K3 R2 "},
		{"by a flush, what is before the newest key unit", unit.H264, func(q *queue) time.Duration {
			now := fill(q, key(0), delta(1), audioUnit(1), key(2), delta(3))
			q.flush(now, age/2)
			return now
		}, "a1 K2 P3 "},
		{"by a flush, everything when the newest key unit is stale", unit.H264, func(q *queue) time.Duration {
			now := fill(q, key(0), delta(1), delta(2), audioUnit(2))
			q.flush(now, age/2)
			return now
		}, "a2 "},
		{"by a new session, what is before the newest key unit, sound too", unit.H264, func(q *queue) time.Duration {
			now := fill(q, key(0), audioUnit(0), delta(1), audioUnit(1), key(2), audioUnit(2))
			q.restart(now)
			return now
		}, "K2 a2 "},
		{"by a new session, nothing of the gap behind a unit that was under way", unit.H264, func(q *queue) time.Duration {
			fill(q, key(0), delta(1))
			q.begin(2 * frame)
			q.flush(2*frame, age/2)
			q.restart(2 * frame)
			q.put(delta(2), 2*frame)
			q.put(key(3), 3*frame)
			return 3 * frame
		}, "K0 K3 "},
		{"by a new session without a key unit, everything until one comes", unit.H264, func(q *queue) time.Duration {
			fill(q, key(0), delta(1))
			q.begin(0)
			q.done()
			q.restart(2 * frame)
			q.put(audioUnit(3), 3*frame)
			if q.begin(3*frame) != nil {
				t.Error("sound goes out before the first picture")
			}
			q.put(delta(3), 3*frame)
			q.put(key(4), 4*frame)
			q.put(audioUnit(4), 4*frame)
			return 4 * frame
		}, "K4 a4 "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q := newQueue(age)
			q.codec = c.codec
			q.opened = true // in the middle of a session, unless the case restarts
			if left := drain(&q, c.act(&q)); left != c.left {
				t.Errorf("left %q, want %q", left, c.left)
			}
			if q.bytes != 0 {
				t.Errorf("an empty queue counts %d bytes", q.bytes)
			}
		})
	}
}

func TestAQueueCountsDropsOnlyDuringASession(t *testing.T) {
	q := newQueue(5 * frame)
	q.put(delta(0), 0)
	fill(&q, key(0), audioUnit(0))
	q.begin(100 * frame)
	if q.dropped != [2]uint64{} {
		t.Errorf("an idle queue has lost %v", q.dropped)
	}
	q.put(key(100), 100*frame)
	q.restart(100 * frame)
	q.begin(100 * frame)
	q.done()
	q.put(delta(101), 101*frame)
	q.put(audioUnit(101), 101*frame)
	q.begin(200 * frame)
	if q.dropped != [2]uint64{1, 1} {
		t.Errorf("lost %v, want one of each", q.dropped)
	}
}

func TestAQueueIsBoundedInBytes(t *testing.T) {
	q := newQueue(time.Hour)
	q.maxBytes = 10_000
	q.put(key(0), 0)
	for n := range 1000 {
		u := delta(n)
		u.NALUs = [][]byte{make([]byte, 500)}
		q.put(u, 0)
		if q.bytes > q.maxBytes {
			t.Fatalf("%d bytes wait", q.bytes)
		}
	}
}

// receiver judges what a session sends: pictures whose reference is missing,
// disorder, age.
type receiver struct {
	t        *testing.T
	have     int // sequence of the last picture since its key unit; -1 none
	previous *arrival
}

type arrival struct {
	*unit.Unit
	order   int // of arrival at the queue
	picture int // among the video
	key     int // picture number of its key unit

	leading      bool // the last picture of the group before was a leading one
	afterLeading bool // the same, of this group's key unit
	at           time.Duration
}

func (r *receiver) take(a *arrival, now, maxAge time.Duration) {
	if waited := now - a.at; waited > maxAge*5/3 || a.Track == unit.Video && waited > maxAge {
		r.t.Fatalf("unit %d begins at the age of %v", a.order, now-a.at)
	}
	if r.previous != nil && a.order <= r.previous.order {
		r.t.Fatalf("unit %d after unit %d", a.order, r.previous.order)
	}
	r.previous = a
	switch {
	case a.Track == unit.Audio && r.have < 0:
		r.t.Fatalf("unit %d: sound before the first picture", a.order)
	case a.Track == unit.Audio:
	case a.Key:
		r.have = a.picture
	case r.have < a.key:
		r.t.Fatalf("picture %d is sent, its key unit %d is not", a.picture, a.key)
	default:
		r.have = a.picture
	}
}

// TestNoUnitIsEverSentThatRefersToADroppedOne plays random sources against
// random lines. A picture refers to all pictures since its key unit, so none
// of those may be missing.
func TestNoUnitIsEverSentThatRefersToADroppedOne(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { playQueue(t, rand.New(rand.NewPCG(seed, 7))) })
	}
}

func playQueue(t *testing.T, random *rand.Rand) {
	const maxAge = 20 * frame
	q := newQueue(maxAge)
	if random.IntN(2) == 0 {
		q.codec = unit.H265
	}
	var (
		now      time.Duration
		arrivals = map[*unit.Unit]*arrival{}
		last     = arrival{picture: -1, key: -1}
		to       = &receiver{t: t, have: -1}
		begun    *unit.Unit
		sent     = map[int]bool{} // pictures of this session
		gop      = 1 + random.IntN(30)
		speed    = random.Float64() * 2
	)
	q.restart(0)
	for order := range 3000 {
		now += time.Duration(random.Int64N(int64(frame)))
		if order%300 == 0 {
			speed = random.Float64() * 2
		}
		switch draw := random.Float64(); {
		case draw < 0.004:
			q.restart(now)
			begun, to.have, to.previous = nil, -1, nil
			clear(sent)
			continue
		case draw < 0.02:
			q.flush(now, maxAge/2)
			continue
		case draw < 0.03:
			now += time.Duration(random.Int64N(int64(2 * maxAge))) // an outage
			continue
		case draw < 0.4*speed:
			if begun != nil {
				q.done()
				begun = nil
				continue
			}
			if begun = q.begin(now); begun != nil {
				a := arrivals[begun]
				to.take(a, now, maxAge)
				complete(t, a, sent)
			}
			continue
		}
		last.order, last.at = order, now
		last.Unit = source(random, &last, gop, q.codec)
		copied := last
		arrivals[last.Unit] = &copied
		q.put(last.Unit, now)
		if age := q.age(now); begun == nil && age > maxAge*5/3 {
			t.Fatalf("after a put the oldest unit is %v old", age)
		}
	}
}

// complete fails when a picture since the key unit was left out.
func complete(t *testing.T, a *arrival, sent map[int]bool) {
	if a.Track == unit.Audio {
		return
	}
	sent[a.picture] = true
	if back := a.key - 1; skipped(a.Unit) && !sent[back] && !(a.afterLeading && sent[back-1]) {
		t.Fatalf("picture %d refers back over key unit %d to one that was not sent", a.picture, a.key)
	}
	for picture := a.key; picture < a.picture; picture++ {
		if !sent[picture] && !a.optional(picture) {
			t.Fatalf("picture %d is sent, picture %d is not", a.picture, picture)
		}
	}
}

// optional tells the pictures right after a key unit that others do not refer
// to: in this test's source, one leading picture.
func (a *arrival) optional(picture int) bool { return picture == a.key+1 }

// source makes the next unit: sound, or a picture of a group that begins with
// a key unit and, for H.265, may go on with one leading picture.
func source(random *rand.Rand, last *arrival, gop int, codec unit.Codec) *unit.Unit {
	if random.Float64() < 0.4 {
		return audioUnit(last.picture + 1)
	}
	last.picture++
	n := last.picture
	switch {
	case n == 0 && random.IntN(2) == 0, n > 0 && (n-last.key >= gop || random.IntN(40) == 0):
		last.key, last.afterLeading, last.leading = n, last.leading, false
		return key(n)
	case codec == unit.H265 && last.key >= 0 && n == last.key+1 && n > 1 && random.IntN(2) == 0:
		last.leading = true
		return rasl(n)
	}
	last.leading = false
	return delta(n)
}
