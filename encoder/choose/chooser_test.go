package choose

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

const minute = time.Minute

// camera is the usual pair: 4 Mbit/s and 600 kbit/s, key units every two
// seconds at different times, clocks that are 70 ms and 31 ms off.
func camera(w *world) (main, sub source) {
	main = source{stream: Main, codec: unit.H264, clock: 70 * time.Millisecond, delay: 12 * time.Millisecond,
		jitter: 4 * time.Millisecond, gop: 50, bytes: 17500, audio: true, to: 2 * minute}
	sub = source{stream: Sub, codec: unit.H264, clock: -31 * time.Millisecond, delay: 9 * time.Millisecond,
		jitter: 4 * time.Millisecond, gop: 50, phase: 20, bytes: 2600, audio: true, to: 2 * minute}
	return main, sub
}

func rng() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestTheTargetFallsAndWithinAGroupTheSubStreamFlows(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	w.add(main, rng())
	w.add(sub, rng())
	w.run(10 * time.Second)
	w.chooser.SetLine(Line{Kbps: 1000})
	w.run(12*time.Second + 400*time.Millisecond)
	if s := w.chooser.Stats(); s.Chosen != Sub || s.Reason != TooWide {
		t.Fatalf("%+v, want the sub stream within its group of 2 s", s)
	}
	w.run(14 * time.Second)
	w.chooser.SetLine(Line{Kbps: 6000})
	w.run(18 * time.Second)
	if s := w.chooser.Stats(); s.Chosen != Sub {
		t.Fatal("back on main before the dwell is over")
	}
	w.run(22 * time.Second)
	if s := w.chooser.Stats(); s.Chosen != Main || s.Reason != Room || s.Changes != 2 {
		t.Fatalf("%+v, want main after the dwell", s)
	}
	w.viewer.rises()
	if !slices.Equal(w.viewer.order, []Stream{Main, Sub, Main}) {
		t.Errorf("pictures came from %v", w.viewer.order)
	}
	if w.viewer.longest > 150*time.Millisecond {
		t.Errorf("no picture for %v", w.viewer.longest)
	}
	if off := spread(w.viewer.apart); off > 60*time.Millisecond {
		t.Errorf("outgoing and true time move by %v against each other", off)
	}
}

func TestTheSoundNeitherStopsNorJumpsWhenThePicturesChange(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	w.add(main, rng())
	w.add(sub, rng())
	w.run(5 * time.Second)
	first := len(w.viewer.audio)
	for i := range 5 {
		w.chooser.SetLine(Line{Kbps: 1000})
		w.run(time.Duration(i)*15*time.Second + 12*time.Second)
		w.chooser.SetLine(Line{Kbps: 6000})
		w.run(time.Duration(i)*15*time.Second + 20*time.Second)
	}
	if w.chooser.Stats().Changes != 10 {
		t.Fatalf("%d changes of pictures, want 10", w.chooser.Stats().Changes)
	}
	for i := first; i < len(w.viewer.audio); i++ {
		if step := w.viewer.audio[i] - w.viewer.audio[i-1]; step != 20*time.Millisecond || w.viewer.soundBy[i] != Sub {
			t.Fatalf("sound moves by %v, from %v", step, w.viewer.soundBy[i])
		}
	}
}

func TestAStreamThatIsAheadOrBehindStillRises(t *testing.T) {
	for _, late := range []time.Duration{-200, -90, 0, 90, 200, 400} {
		w := newWorld(t)
		main, sub := camera(w)
		main.delay += max(0, -late) * time.Millisecond
		sub.delay += max(0, late) * time.Millisecond
		// The least delay hides a constant one; what comes late by its own clock
		// is what moved since: here sub's pictures are older by late.
		sub.clock -= late * time.Millisecond
		w.add(main, rng())
		w.add(sub, rng())
		for i := range 3 {
			w.chooser.SetLine(Line{Kbps: 1000})
			w.run(time.Duration(i)*15*time.Second + 8*time.Second)
			w.chooser.SetLine(Line{Kbps: 6000})
			w.run(time.Duration(i)*15*time.Second + 15*time.Second)
		}
		if len(w.viewer.order) < 6 {
			t.Errorf("sub late by %v ms: pictures from %v", int(late), w.viewer.order)
		}
		w.viewer.rises()
	}
}

func TestBFramesKeepTheirOrderOverAChangeover(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	main.bFrames = 1
	main.jitter = 60 * time.Millisecond
	w.add(main, rng())
	w.add(sub, rng())
	for i := range 6 {
		w.chooser.SetLine(Line{Kbps: 1000})
		w.run(time.Duration(i)*15*time.Second + 8*time.Second)
		w.chooser.SetLine(Line{Kbps: 6000})
		w.run(time.Duration(i)*15*time.Second + 15*time.Second)
	}
	if n := w.chooser.Stats().Changes; n != 12 {
		t.Errorf("%d changes, want 12", n)
	}
}

func TestLeadingPicturesOfTheFirstKeyUnitStayAway(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	main.codec, sub.codec = unit.H265, unit.H265
	w.add(main, rng())
	w.add(sub, rng())
	w.run(3 * time.Second)
	w.chooser.SetLine(Line{Kbps: 1000})
	var after []origin
	w.viewer.world = w
	check := unit.SinkFunc(func(u *unit.Unit) {
		if u.Track == unit.Video {
			after = append(after, w.origins[&u.NALUs[0]])
		}
		w.viewer.Put(u)
	})
	w.chooser.out = check
	w.run(8 * time.Second)
	i := slices.IndexFunc(after, func(o origin) bool { return o.stream == Sub })
	if i < 0 || after[i].place != 0 || after[i+1].place != 2 {
		t.Fatalf("after the changeover came %+v", after[max(i, 0):max(i, 0)+3])
	}
	rest := after[i+2:]
	if !slices.ContainsFunc(rest, func(o origin) bool { return o.leading }) {
		t.Error("leading pictures of later key units stay away too")
	}
}

func TestAStreamOfAnotherCodecIsNeverChosen(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	main.codec = unit.H265
	w.add(main, rng())
	w.add(sub, rng())
	w.chooser.SetLine(Line{Kbps: 1000})
	w.run(10 * time.Second)
	if s := w.chooser.Stats(); s.Chosen != Main || s.Reason != OnlyOne || s.Codec != unit.H265 {
		t.Errorf("%+v, want main, since a session's codec cannot change", s)
	}
	w.chooser.SetCodec(unit.H264)
	w.run(14 * time.Second)
	if s := w.chooser.Stats(); s.Chosen != Sub {
		t.Errorf("%+v, want the stream of the session's new codec", s)
	}
}

func TestAStreamThatDiesLeavesPictureAndSoundToTheOther(t *testing.T) {
	for _, dead := range []Stream{Main, Sub} {
		w := newWorld(t)
		main, sub := camera(w)
		sources := [streams]source{Main: main, Sub: sub}
		other := sources[dead]
		sources[dead].to = 20*time.Second + 7*time.Millisecond
		other.from, other.clock = 40*time.Second, other.clock+3*time.Second
		w.add(sources[Main], rng())
		w.add(sources[Sub], rng())
		w.add(other, rng())
		if dead == Sub {
			w.chooser.SetLine(Line{Kbps: 1000})
		}
		w.run(20 * time.Second)
		if s := w.chooser.Stats(); s.Chosen != dead {
			t.Fatalf("%v is not on before it dies: %+v", dead, s)
		}
		w.run(23 * time.Second)
		s := w.chooser.Stats()
		if s.Chosen != dead.other() || s.Sound != dead.other() && dead == Sub {
			t.Errorf("%v died: %+v", dead, s)
		}
		if w.viewer.longest > 2800*time.Millisecond {
			t.Errorf("%v died: no picture for %v", dead, w.viewer.longest)
		}
		w.run(60 * time.Second)
		if s := w.chooser.Stats(); s.Chosen != dead || s.Sound != Sub {
			t.Errorf("%v is back: %+v", dead, s)
		}
		w.viewer.rises()
	}
}

func TestASubStreamWithoutSoundKeepsMainConnected(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	sub.audio = false
	w.add(main, rng())
	w.add(sub, rng())
	w.chooser.SetLine(Line{Kbps: 650})
	w.run(minute)
	if s := w.chooser.Stats(); s.Chosen != Sub || s.Sound != Main || !s.MainWanted {
		t.Errorf("%+v, want pictures from sub, sound from main", s)
	}
	if len(w.wanted) != 0 {
		t.Errorf("main was let go: %v", w.wanted)
	}
	for i := 1; i < len(w.viewer.audio); i++ {
		if step := w.viewer.audio[i] - w.viewer.audio[i-1]; step != 20*time.Millisecond {
			t.Fatalf("sound moves by %v", step)
		}
	}
}

func TestMainIsLetGoAndComesBackInItsPlaceInTime(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	later := main
	main.to = 30 * time.Second
	later.from, later.clock = 50*time.Second, main.clock-1700*time.Millisecond // the new session has another clock
	w.add(main, rng())
	w.add(later, rng())
	w.add(sub, rng())
	w.chooser.SetLine(Line{Kbps: 650})
	w.run(30 * time.Second)
	if !slices.Equal(w.wanted, []bool{false}) {
		t.Fatalf("main wanted: %v, want that it is let go", w.wanted)
	}
	w.run(45 * time.Second)
	w.chooser.SetLine(Line{Kbps: 6000})
	if !slices.Equal(w.wanted, []bool{false, true}) {
		t.Errorf("main wanted: %v, want that it is fetched", w.wanted)
	}
	w.run(minute)
	if s := w.chooser.Stats(); s.Chosen != Main {
		t.Fatalf("%+v", s)
	}
	w.viewer.rises()
	if off := spread(w.viewer.apart); off > 60*time.Millisecond {
		t.Errorf("outgoing and true time move by %v against each other", off)
	}
}

func TestAKeyUnitIsAskedForWhileAChangeoverWaits(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	w.add(main, rng())
	w.add(sub, rng())
	w.run(5 * time.Second)
	if w.keys != 0 {
		t.Errorf("asked for %d key units without need", w.keys)
	}
	w.chooser.SetLine(Line{Kbps: 1000})
	w.run(8 * time.Second)
	asked := w.keys
	w.run(12 * time.Second)
	if asked == 0 || w.keys != asked {
		t.Errorf("asked %d times, then %d more after the changeover", asked, w.keys-asked)
	}
}

func TestTheMediaAreToldBeforeEachChangeover(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	w.add(main, rng())
	w.add(sub, rng())
	w.run(5 * time.Second)
	w.chooser.SetLine(Line{Kbps: 1000})
	w.run(8 * time.Second)
	last := w.media[len(w.media)-1]
	if last.Video.SPS[1] != byte(Sub) || last.Audio == nil || last.Audio.Codec != unit.G711U {
		t.Errorf("told %+v", last)
	}
}

func TestARateThatWasAskedForCountsAtOnce(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	main.to = 30 * time.Second
	w.add(main, rng())
	w.add(sub, rng())
	w.run(5 * time.Second)
	w.chooser.SetRate(Main, 800)
	if s := w.chooser.Stats(); s.Kbps[Main] != 800 {
		t.Errorf("main is taken to have %d kbit/s", s.Kbps[Main])
	}
	w.run(5*time.Second + 500*time.Millisecond)
	if s := w.chooser.Stats(); s.Kbps[Main] != 800 {
		t.Errorf("main is taken to have %d kbit/s before a second was measured", s.Kbps[Main])
	}
	w.run(10 * time.Second)
	if s := w.chooser.Stats(); s.Kbps[Main] < 3500 {
		t.Errorf("main has %d kbit/s, the camera did not do as it said", s.Kbps[Main])
	}
}

// TestAnyLifeLeavesAStreamThatCanBeDecoded goes through random cameras and
// lines; the viewer is the judge.
func TestAnyLifeLeavesAStreamThatCanBeDecoded(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t)
		ms := func(most int) time.Duration { return time.Duration(r.IntN(most)) * time.Millisecond }
		codec := []unit.Codec{unit.H264, unit.H265}[r.IntN(2)]
		for _, s := range []Stream{Main, Sub} {
			at := ms(2000)
			for at < minute {
				life := 4*time.Second + ms(30_000)
				w.add(source{stream: s, codec: codec, clock: ms(4000), delay: ms(60), jitter: ms(80), gop: 10 + r.IntN(90),
					phase: r.IntN(50), bytes: 800 + r.IntN(15_000), audio: r.IntN(3) > 0, bFrames: r.IntN(2), from: at, to: at + life}, r)
				at += life + 500*time.Millisecond + ms(5000)
			}
		}
		for at := time.Duration(0); at < minute; at += ms(4000) {
			w.run(at)
			w.chooser.SetLine(Line{Kbps: r.IntN(8) * 900, Shaped: r.IntN(6) == 0, Full: r.IntN(6) == 0})
		}
		if w.viewer.units < 300 {
			t.Errorf("seed %d: %d pictures in a minute", seed, w.viewer.units)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestPassingCostsNoMemory(t *testing.T) {
	c := New(Config{}, unit.SinkFunc(func(*unit.Unit) {}), nil)
	begin := time.Now()
	n := 0
	u := &unit.Unit{Key: true, NALUs: [][]byte{{0x67}, {0x68}, {0x65, 1, 2, 3}}}
	sink := c.Sink(Main)
	if allocs := testing.AllocsPerRun(1000, func() {
		n++
		u.PTS = time.Duration(n) * frame
		u.Captured = begin.Add(u.PTS)
		sink.Put(u)
	}); allocs != 0 {
		t.Errorf("%g allocations for a unit of the first stream", allocs)
	}
}

func BenchmarkAPicture(b *testing.B) {
	c := New(Config{}, unit.SinkFunc(func(*unit.Unit) {}), nil)
	c.SetLine(Line{Kbps: 6000})
	begin := time.Now()
	u := &unit.Unit{Key: true, NALUs: [][]byte{{0x67}, {0x68}, {0x65, 1, 2, 3}}}
	sinks := [streams]unit.Sink{c.Sink(Main), c.Sink(Sub)}
	for n := 0; b.Loop(); n++ {
		u.PTS = time.Duration(n) * frame
		u.Captured = begin.Add(u.PTS)
		sinks[n%2].Put(u)
	}
}

func TestANewConnectionBeginsWithAKeyUnit(t *testing.T) {
	var sent []*unit.Unit
	c := New(Config{}, unit.SinkFunc(func(u *unit.Unit) { sent = append(sent, u) }), nil)
	in, begin := c.Sink(Main), time.Now()
	for i, key := range []bool{false, true, false} {
		pts := time.Duration(i) * frame
		in.Put(&unit.Unit{PTS: pts, Captured: begin.Add(pts), Key: key, NALUs: [][]byte{{0x41}}})
	}
	c.Restart(Main)
	in.Put(&unit.Unit{PTS: 3 * frame, Captured: begin.Add(3 * frame), NALUs: [][]byte{{0x41}}})
	if len(sent) != 2 || !sent[0].Key || sent[1].PTS != 2*frame {
		t.Errorf("%d units went out, want the key unit and the one after it", len(sent))
	}
}

func TestAConnectionThatComesStraightBackKeepsItsPlaceInTime(t *testing.T) {
	w := newWorld(t)
	main, sub := camera(w)
	sub.to = 20 * time.Second
	again := sub
	again.from, again.to, again.clock = 20*time.Second+300*time.Millisecond, minute, sub.clock+2*time.Second
	again.phase = 10 // its first key unit comes at once
	w.add(main, rng())
	w.add(sub, rng())
	w.add(again, rng())
	w.run(3 * time.Second)
	w.chooser.SetLine(Line{Kbps: 650})
	w.run(50 * time.Second)
	if s := w.chooser.Stats(); s.Chosen != Sub || s.Changes != 1 {
		t.Fatalf("%+v, want that the sub stream goes on", s)
	}
	w.viewer.rises()
	if off := spread(w.viewer.apart); off > 90*time.Millisecond {
		t.Errorf("outgoing and true time move by %v against each other", off)
	}
}
