package gst

import (
	"bytes"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// newTestTranscoder starts a transcoder to x264 and waits until it is ready.
func newTestTranscoder(t *testing.T, codec unit.Codec, s Settings) (*Transcoder, collector) {
	t.Helper()
	got := newCollector()
	tc := NewTranscoder(TranscoderConfig{
		Worker: testWorker(), Codec: codec, Backend: X264, Settings: s,
	}, got, testLog(t))
	start(t, tc)
	return tc, got
}

// lockStep puts units one by one and returns what came out of each.
func lockStep(t *testing.T, tc *Transcoder, got collector, in []*unit.Unit) []*unit.Unit {
	t.Helper()
	var out []*unit.Unit
	for _, u := range in {
		tc.Put(u)
		out = append(out, got.next(t))
	}
	return out
}

func keys(units []*unit.Unit) []int {
	var at []int
	for i, u := range units {
		if u.Key {
			at = append(at, i)
		}
	}
	return at
}

// hasParameterSets tells whether a unit begins with SPS and PPS and has an IDR.
func hasParameterSets(u *unit.Unit) bool {
	return len(u.NALUs) >= 3 && u.NALUs[0][0]&0x1f == 7 && u.NALUs[1][0]&0x1f == 8 &&
		u.NALUs[len(u.NALUs)-1][0]&0x1f == naluIDR
}

func TestEveryUnitComesOutOnceWithItsExactTimes(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Second, first: 90 * time.Hour}.make(t, 60)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	for i, u := range in {
		tc.Put(u)
		out := got.next(t)
		if out.PTS != u.PTS || !out.Captured.Equal(u.Captured) {
			t.Fatalf("unit %d: PTS %v captured %v, want %v and %v", i, out.PTS, out.Captured, u.PTS, u.Captured)
		}
		if out.Key != (i == 0) {
			t.Errorf("unit %d: Key is %v", i, out.Key)
		}
	}
	s := tc.Stats()
	t.Logf("320x240: p50 %v p95 %v", s.LatencyP50, s.LatencyP95)
	if s.In != 60 || s.Out != 60 || s.Dropped != 0 || s.Skipped != 0 || s.Backend != X264 || s.PID == 0 {
		t.Errorf("stats: %+v", s)
	}
}

func TestAForcedKeyIsTheNextUnitAndBringsItsParameterSets(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800}.make(t, 40)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	out := lockStep(t, tc, got, in[:20])
	tc.ForceKey()
	out = append(out, lockStep(t, tc, got, in[20:])...)
	// The wish goes ahead of the unit that was put after it.
	if at := keys(out); len(at) != 2 || at[0] != 0 || at[1] != 20 {
		t.Fatalf("keys at %v, want 0 and 20", at)
	}
	for _, i := range keys(out) {
		if !hasParameterSets(out[i]) {
			t.Errorf("key unit %d does not begin with SPS and PPS", i)
		}
	}
}

func TestKeysComeAfterTheIntervalInTimeWhateverTheFrameRate(t *testing.T) {
	in := source{width: 320, height: 240, fps: 10, kbps: 800}.make(t, 45)
	got := newCollector()
	tc := NewTranscoder(TranscoderConfig{
		Worker: testWorker(), Codec: unit.H264, Backend: X264, Settings: Settings{Kbps: 400},
		KeyInterval: 2 * time.Second,
	}, got, testLog(t))
	start(t, tc)
	if at := keys(lockStep(t, tc, got, in)); len(at) != 3 || at[1] != 20 || at[2] != 40 {
		t.Errorf("keys at %v, want 0, 20 and 40", at)
	}
}

func TestANewSizeCostsOneKeyAndNoUnit(t *testing.T) {
	in := source{width: 640, height: 360, fps: 30, kbps: 800}.make(t, 60)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	out := lockStep(t, tc, got, in[:20])
	tc.SetSize(0, 180, 0)
	out = append(out, lockStep(t, tc, got, in[20:40])...)
	tc.SetSize(0, 0, 0)
	out = append(out, lockStep(t, tc, got, in[40:])...)
	if at := keys(out); len(at) != 3 || at[1] != 20 || at[2] != 40 {
		t.Errorf("keys at %v, want 0, 20 and 40", at)
	}
	sizes := [3][2]int{decodedSize(t, out[:20]), decodedSize(t, out[20:40]), decodedSize(t, out[40:])}
	if sizes != [3][2]int{{640, 360}, {320, 180}, {640, 360}} {
		t.Errorf("sizes are %v", sizes)
	}
}

// decodedSize decodes units and returns the size of the first picture.
func decodedSize(t *testing.T, units []*unit.Unit) [2]int {
	t.Helper()
	f := decodeAll(t, unit.H264, units, 0, 0)[0]
	return [2]int{f.Width, f.Height}
}

func TestAFrameRateLimitLeavesPicturesOutEvenlyAndKeepsTheRate(t *testing.T) {
	in := source{width: 640, height: 360, fps: 30, kbps: 4000}.make(t, 150)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 1000, FPS: 10})
	var kept []*unit.Unit
	for i, u := range in {
		tc.Put(u)
		if i%3 == 0 {
			kept = append(kept, got.next(t))
			if out := kept[len(kept)-1]; out.PTS != u.PTS {
				t.Fatalf("unit at %v came out, want that at %v", out.PTS, u.PTS)
			}
		} else {
			eventually(t, "the unit to be taken", tc.feed.idle)
		}
	}
	if rate := kbps(kept, 2*time.Second, 5*time.Second); rate < 900 || rate > 1080 {
		t.Errorf("the rate is %d, want 1000", rate)
	}
}

func TestPrimingInMidGroupGivesAnIDRAtOnce(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Hour}.make(t, 90)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	// Not the first stretch of this child: the codec is in full swing.
	lockStep(t, tc, got, in[:20])
	tc.Prime(in[:60])
	out := lockStep(t, tc, got, in[60:])
	if out[0].PTS != in[60].PTS || !hasParameterSets(out[0]) {
		t.Errorf("first unit out is at %v (key %v), want an IDR at %v", out[0].PTS, out[0].Key, in[60].PTS)
	}
	if at := keys(out); len(at) != 1 {
		t.Errorf("keys at %v, want only the first", at)
	}
	// The picture is whole: as close to the source as one without the seam.
	want := decodeAll(t, unit.H264, in, 0, 0)[60:]
	if worst := worstPSNR(want, decodeAll(t, unit.H264, out, 0, 0)); worst < 25 {
		t.Errorf("a picture has a PSNR of %.1f dB", worst)
	}
}

func TestUnitsBeforeTheFirstKeyAreDroppedAndCounted(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Second}.make(t, 40)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	for _, u := range in[20:30] {
		tc.Put(u)
	}
	tc.Put(in[30])
	if out := got.next(t); out.PTS != in[30].PTS {
		t.Errorf("first unit out is at %v, want the key at %v", out.PTS, in[30].PTS)
	}
	if s := tc.Stats(); s.Dropped != 10 {
		t.Errorf("%d dropped, want 10", s.Dropped)
	}
}

func TestACameraWithBFramesComesOutInOrderOfPresentation(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, bframes: 2, key: time.Second}.make(t, 90)
	reordered := false
	for i := 1; i < len(in); i++ {
		reordered = reordered || in[i].PTS < in[i-1].PTS
	}
	if !reordered {
		t.Fatal("the source has no B-frames")
	}
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	for _, u := range in {
		tc.Put(u)
		eventually(t, "the unit to be taken", tc.feed.idle)
	}
	out := got.take(t, 80)
	for i, u := range out {
		if want := ptsOf(i, 30); u.PTS != want {
			t.Fatalf("unit %d is at %v, want %v", i, u.PTS, want)
		}
	}
}

func TestDamagedUnitsDoNotEndTheWorker(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 2000, key: time.Second}.make(t, 120)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	pid := tc.Stats().PID
	for i, u := range in {
		if i > 10 && i < 60 {
			u = damage(u, i)
		}
		tc.Put(u)
		eventually(t, "the unit to be taken", tc.feed.idle)
	}
	for {
		if out := got.next(t); out.PTS == in[len(in)-1].PTS {
			break
		}
	}
	if s := tc.Stats(); s.PID != pid || s.Restarts != 0 {
		t.Errorf("the worker was started again: %+v", s)
	}
}

// damage returns a copy of a unit with some bytes of its pictures changed, and
// every fifth without its end.
func damage(u *unit.Unit, seed int) *unit.Unit {
	c := *u
	c.NALUs = nil
	for _, n := range u.NALUs {
		n = bytes.Clone(n)
		for j := 5 + seed%7; j < len(n); j += 40 {
			n[j] ^= byte(seed * 31)
		}
		if seed%5 == 0 {
			n = n[:len(n)/2+1]
		}
		c.NALUs = append(c.NALUs, n)
	}
	return &c
}

func TestH265IsTranscodedToo(t *testing.T) {
	in := h265(t, 60)
	tc, got := newTestTranscoder(t, unit.H265, Settings{Kbps: 600})
	for _, u := range in {
		tc.Put(u)
	}
	out := got.take(t, 50)
	for i, u := range out {
		if u.PTS != in[i].PTS {
			t.Fatalf("unit %d is at %v, want %v", i, u.PTS, in[i].PTS)
		}
	}
	if !hasParameterSets(out[0]) {
		t.Error("the first unit is no H.264 key unit")
	}
}
