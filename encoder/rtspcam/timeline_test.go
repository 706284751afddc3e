package rtspcam

import (
	"math/rand/v2"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// model is a camera on paper: both tracks are sampled by one true clock, sent
// with a delay each, and reported by a wall clock.
type model struct {
	t        *testing.T
	timeline *timeline

	videoRate, audioRate   int
	videoBase, audioBase   uint32
	videoDelay, audioDelay time.Duration
	audioPPM               float64       // how much faster the sound's clock runs
	wall                   time.Duration // since 1900, at true time zero
	nano                   bool

	videoAt, audioAt []sample
}

// sample is a unit's true time with the PTS that it got.
type sample struct{ true, pts time.Duration }

func newModel(t *testing.T) *model {
	return &model{
		t: t, timeline: newTimeline(90000, 48000, 0),
		videoRate: 90000, audioRate: 48000, videoBase: 0xfffffff0, audioBase: 77,
		wall: 3_900_000_000*time.Second + 123_456_789,
	}
}

func (m *model) videoTime(at time.Duration) uint32 {
	return m.videoBase + uint32(int64(at.Seconds()*float64(m.videoRate)))
}

func (m *model) audioTime(at time.Duration) uint32 {
	return m.audioBase + uint32(int64(at.Seconds()*(1+m.audioPPM*1e-6)*float64(m.audioRate)))
}

func (m *model) video(at time.Duration, key bool) time.Duration {
	pts := m.timeline.video(m.videoTime(at), at+m.videoDelay, key)
	m.videoAt = append(m.videoAt, sample{at, pts})
	return pts
}

func (m *model) audio(at time.Duration) time.Duration {
	pts := m.timeline.audio(m.audioTime(at), at+m.audioDelay)
	m.audioAt = append(m.audioAt, sample{at, pts})
	return pts
}

func (m *model) report(track unit.Track, at time.Duration) {
	wall := m.wall + at
	ntp := uint64(wall/time.Second)<<32 | uint64(wall%time.Second)<<32/1e9
	if m.nano {
		ntp = uint64(wall/time.Second)<<32 | uint64(wall%time.Second)
	}
	timestamp := m.videoTime(at)
	if track == unit.Audio {
		timestamp = m.audioTime(at)
	}
	m.timeline.reported(track, ntp, timestamp)
}

// play sends both tracks from one true time to another, 25 pictures and 50
// frames a second.
func (m *model) play(from, to time.Duration) {
	for at := from; at < to; at += 20 * time.Millisecond {
		if at%(40*time.Millisecond) == 0 {
			m.video(at, at%(480*time.Millisecond) == 0)
		}
		m.audio(at)
	}
}

// offset is how much later sound is than the picture, against the truth, by the
// last unit of each.
func (m *model) offset() time.Duration {
	v, a := m.videoAt[len(m.videoAt)-1], m.audioAt[len(m.audioAt)-1]
	return (a.pts - a.true) - (v.pts - v.true)
}

// checkRising proves that no PTS of a track without B-frames falls back.
func (m *model) checkRising() {
	m.t.Helper()
	for name, samples := range map[string][]sample{"video": m.videoAt, "audio": m.audioAt} {
		for i := 1; i < len(samples); i++ {
			if samples[i].pts <= samples[i-1].pts {
				m.t.Errorf("%s unit %d has PTS %v after %v", name, i, samples[i].pts, samples[i-1].pts)
			}
		}
	}
}

func (m *model) checkOffset(most time.Duration) {
	m.t.Helper()
	if off := m.offset(); off.Abs() > most {
		m.t.Errorf("sound is off by %v, want %v at most", off, most)
	}
}

func TestSoundMeetsThePictureOnceBothHaveReported(t *testing.T) {
	for name, set := range map[string]func(*model){
		"sound late in the camera":    func(m *model) { m.audioDelay = 300 * time.Millisecond },
		"picture late in the camera":  func(m *model) { m.videoDelay = 700 * time.Millisecond },
		"sound clock of 8 kHz":        func(m *model) { m.audioRate = 8000; m.audioDelay = 150 * time.Millisecond },
		"reports with nanoseconds":    func(m *model) { m.nano = true; m.audioDelay = 90 * time.Millisecond },
		"wall clock in 1970":          func(m *model) { m.wall = 2_208_988_800 * time.Second },
		"RTP time of sound wraps":     func(m *model) { m.audioBase = 0xffffffff - 24000 },
		"everything in step already":  func(*model) {},
		"almost as late as is belief": func(m *model) { m.audioDelay = 4900 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(t)
			set(m)
			m.timeline = newTimeline(m.videoRate, m.audioRate, 0)
			m.play(0, 2*time.Second)
			before := m.offset()
			if want := m.audioDelay - m.videoDelay; (before - want).Abs() > time.Millisecond {
				t.Errorf("before the reports sound is off by %v, want the order of arrival: %v", before, want)
			}
			m.report(unit.Video, 2*time.Second)
			m.play(2*time.Second, 3*time.Second)
			if off := m.offset(); off != before {
				t.Errorf("one report alone has moved sound by %v", off-before)
			}
			m.report(unit.Audio, 3*time.Second+700*time.Millisecond)
			m.play(3*time.Second, 4*time.Second)
			m.checkOffset(time.Millisecond)
			m.checkRising()
		})
	}
}

func TestReportsBeforeTheFirstUnitsCount(t *testing.T) {
	m := newModel(t)
	m.audioDelay = 300 * time.Millisecond
	m.report(unit.Video, 0)
	m.report(unit.Audio, 0)
	m.play(0, time.Second)
	m.checkOffset(time.Millisecond)
	m.checkRising()
}

func TestNanosecondReportsOnEachSideOfASecondDoNotTearSoundAway(t *testing.T) {
	// Read by the book these two are 0.77 s apart: 0.9 s is 0.21, 1.1 s is 1.02.
	m := newModel(t)
	m.nano = true
	m.wall = 3_900_000_000*time.Second + 900*time.Millisecond
	m.play(0, 2*time.Second)
	m.report(unit.Video, 2*time.Second)
	m.report(unit.Audio, 2*time.Second+200*time.Millisecond)
	m.play(2*time.Second, 3*time.Second)
	m.checkOffset(time.Millisecond)
}

func TestWithoutReportsTracksStayByArrival(t *testing.T) {
	m := newModel(t)
	m.play(0, 10*time.Second)
	m.checkOffset(time.Millisecond)
	m.checkRising()
}

func TestUnbelievableReportsChangeNothing(t *testing.T) {
	m := newModel(t)
	m.play(0, time.Second)
	m.timeline.reported(unit.Video, 0, 1) // no wall clock
	m.report(unit.Audio, time.Second)
	m.play(time.Second, 2*time.Second)
	m.checkOffset(time.Millisecond)
	m.report(unit.Video, 2*time.Second)
	m.timeline.tracks[unit.Audio].report.known = false
	m.wall += 6 * time.Second // the sound's reports are on another clock
	m.report(unit.Audio, 2*time.Second)
	m.play(2*time.Second, 3*time.Second)
	m.checkOffset(time.Millisecond)
	m.checkRising()
}

func TestAStepOfTheWallClockBetweenReportsDoesNotMoveSound(t *testing.T) {
	m := newModel(t)
	for second := range 20 {
		at := time.Duration(second) * time.Second
		m.play(at, at+time.Second)
		m.report(unit.Video, at+time.Second)
		if second == 10 {
			m.wall += 1700 * time.Millisecond // found its time server
		}
		m.report(unit.Audio, at+time.Second)
		m.checkOffset(time.Millisecond)
	}
	m.checkRising()
}

func TestDriftOfTheSoundClockIsSlewedAway(t *testing.T) {
	m := newModel(t)
	m.audioPPM = 200 // 0.72 s in an hour
	for at := time.Duration(0); at < time.Hour; at += 5 * time.Second {
		m.play(at, at+5*time.Second)
		m.report(unit.Video, at+5*time.Second)
		m.report(unit.Audio, at+5*time.Second)
		if off := m.offset(); off.Abs() > 20*time.Millisecond {
			t.Fatalf("at %v sound is off by %v", at, off)
		}
	}
	m.checkRising()
	last := m.audioAt[0].pts
	for _, s := range m.audioAt[1:] {
		if step := s.pts - last; step < 19*time.Millisecond || step > 21*time.Millisecond {
			t.Fatalf("sound stepped by %v at %v", step, s.true)
		}
		last = s.pts
	}
}

func TestUnsteadyReportsStayWithinTheLimit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := newModel(t)
	for at := time.Duration(0); at < 10*time.Minute; at += 5 * time.Second {
		m.play(at, at+5*time.Second)
		wall := m.wall
		for _, track := range []unit.Track{unit.Video, unit.Audio} {
			m.wall = wall + time.Duration(random.IntN(30)-15)*time.Millisecond
			m.report(track, at+5*time.Second)
		}
		m.wall = wall
		if off := m.offset(); off.Abs() > 40*time.Millisecond {
			t.Fatalf("at %v sound is off by %v", at, off)
		}
	}
	m.checkRising()
	// Correcting forward only would have carried the timeline away.
	if ahead := m.videoAt[len(m.videoAt)-1]; ahead.pts-ahead.true > 50*time.Millisecond {
		t.Errorf("the timeline ran ahead by %v", ahead.pts-ahead.true)
	}
}

func TestACameraThatSetsItsClockGoesOnFromWhereItWas(t *testing.T) {
	for name, jump := range map[string]uint32{
		"forward by an hour": 90000 * 3600,
		"back by an hour":    1<<32 - 90000*3600,
		"back to anywhere":   0x87654321,
		"back by 1 second":   1<<32 - 90000, // within reordering: found at the next key
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(t)
			m.audioDelay = 200 * time.Millisecond
			m.play(0, 960*time.Millisecond)
			m.report(unit.Video, 960*time.Millisecond)
			m.report(unit.Audio, 960*time.Millisecond)
			m.play(960*time.Millisecond, 1920*time.Millisecond)
			last := m.videoAt[len(m.videoAt)-1].pts
			m.videoBase += jump
			m.play(1920*time.Millisecond, 2880*time.Millisecond) // begins with a key
			first := m.videoAt[48].pts
			if step := first - last; step <= 0 || step > 100*time.Millisecond {
				t.Errorf("the picture stepped by %v", step)
			}
			m.checkRising()
			before := m.offset()
			m.report(unit.Audio, 2880*time.Millisecond)
			m.play(2880*time.Millisecond, 3*time.Second)
			if off := m.offset(); off != before {
				t.Errorf("a report from before the jump has moved sound by %v", off-before)
			}
			m.report(unit.Video, 3*time.Second)
			m.play(3*time.Second, 4*time.Second)
			m.checkOffset(time.Millisecond)
			m.checkRising()
		})
	}
}

func TestSmallStepsBackOfSoundAreRaised(t *testing.T) {
	timeline := newTimeline(90000, 8000, 0)
	first := timeline.audio(1000, time.Second)
	for i, timestamp := range []uint32{1000, 999, 1160} {
		pts := timeline.audio(timestamp, time.Second)
		if pts <= first {
			t.Errorf("frame %d has PTS %v after %v", i, pts, first)
		}
		first = pts
	}
}

func TestBFramesKeepTheirOrder(t *testing.T) {
	timeline := newTimeline(90000, 0, 0)
	for n := range 700 {
		shown := n - n%7 + decodingOrder[n%7]
		arrival := time.Duration(n) * 40 * time.Millisecond
		pts := timeline.video(uint32(shown*3600)-5, arrival, n%7 == 0)
		if want := tick + time.Duration(shown)*40*time.Millisecond; pts != want {
			t.Fatalf("picture %d has PTS %v, want %v", shown, pts, want)
		}
	}
}

func TestTheClockRunsOverManyWraps(t *testing.T) {
	c := trackClock{rate: 90000, started: true}
	timeline := &timeline{}
	const hours = 24 * 365
	for hour := 1; hour <= hours; hour++ { // steps of an hour are leaps unless arrival agrees
		at := time.Duration(hour) * time.Hour
		if pts := timeline.advance(&c, uint32(hour*3600*90000), at); pts != at {
			t.Fatalf("after %d hours PTS is %v", hour, pts)
		}
		c.give(at, at)
	}
}

func TestANewConnectionBeginsAboveTheLast(t *testing.T) {
	for _, floor := range []time.Duration{0, 999 * time.Millisecond, time.Second, 3 * time.Second} {
		timeline := newTimeline(90000, 48000, floor)
		v := timeline.video(5, time.Second, true)
		a := timeline.audio(5, time.Second+10*time.Millisecond)
		if v <= floor || a <= floor || v < time.Second {
			t.Errorf("floor %v: begins at %v and %v", floor, v, a)
		}
		if a-v != 10*time.Millisecond {
			t.Errorf("floor %v: sound is %v from the picture", floor, a-v)
		}
	}
}
