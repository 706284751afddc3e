package gst

import (
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// kbps is the mean rate of the units with PTS from one time up to another.
func kbps(units []*unit.Unit, from, to time.Duration) int {
	bytes := 0
	for _, u := range units {
		if u.PTS >= from && u.PTS < to {
			bytes += u.Size()
		}
	}
	return int(float64(bytes) * 8 / 1000 / (to - from).Seconds())
}

// largest is the size of the largest unit from one time up to another.
func largest(units []*unit.Unit, from, to time.Duration) (bytes int) {
	for _, u := range units {
		if u.PTS >= from && u.PTS < to {
			bytes = max(bytes, u.Size())
		}
	}
	return bytes
}

// step is a rate that is asked for at a time.
type step struct {
	at   time.Duration
	kbps int
}

// transcodeSteps runs units through a transcoder and asks for each rate when
// its time has come.
func transcodeSteps(t *testing.T, in []*unit.Unit, s Settings, steps []step) []*unit.Unit {
	t.Helper()
	got := newCollector()
	tc := NewTranscoder(TranscoderConfig{
		Worker: testWorker(), Codec: unit.H264, Backend: X264, Settings: s, KeyInterval: time.Hour,
	}, got, testLog(t))
	start(t, tc)
	var out []*unit.Unit
	for _, u := range in {
		if len(steps) > 0 && u.PTS >= steps[0].at {
			tc.SetKbps(steps[0].kbps)
			steps = steps[1:]
		}
		tc.Put(u)
		out = append(out, got.next(t))
	}
	return out
}

// calm is a scene whose noise is not so much that the rate swings with it.
func calm(i int) []byte { return grainy(640, 360, i, 8) }

func TestTheRateFollowsStepsWithoutAKeyFrame(t *testing.T) {
	in := source{width: 640, height: 360, fps: 30, kbps: 6000, key: time.Hour, picture: calm}.make(t, 840)
	steps := []step{{4 * time.Second, 1000}, {12 * time.Second, 300}, {20 * time.Second, 2000}}
	out := transcodeSteps(t, in, Settings{Kbps: 4000}, steps)
	if at := keys(out); len(at) != 1 {
		t.Errorf("keys at %v, want only the first", at)
	}
	const quarter = 250 * time.Millisecond
	for _, s := range steps {
		w1, w2 := kbps(out, s.at, s.at+quarter), kbps(out, s.at+quarter, s.at+2*quarter)
		first, steady := kbps(out, s.at, s.at+time.Second), kbps(out, s.at+2*time.Second, s.at+8*time.Second)
		t.Logf("to %4d kbit/s: %d and %d in the first two quarters of a second, %d in the first second, %d from 2 s on",
			s.kbps, w1, w2, first, steady)
		if big := largest(out, s.at, s.at+100*time.Millisecond); s.kbps < 2000 && big > 2*s.kbps*125/30 {
			t.Errorf("after the step to %d a picture has %d bytes, more than twice its share", s.kbps, big)
		}
		if s.kbps < 2000 && (w2*100 > s.kbps*125 || first*100 > s.kbps*125) {
			t.Errorf("the step down to %d was followed too slowly", s.kbps)
		}
		if s.kbps == 2000 && first*100 < s.kbps*60 {
			t.Errorf("the step up to %d was followed too slowly", s.kbps)
		}
		if steady*100 < s.kbps*90 || steady*100 > s.kbps*105 {
			t.Errorf("the rate settles at %d, want %d", steady, s.kbps)
		}
	}
	if start := kbps(out, 2*time.Second, 4*time.Second); start < 3600 || start > 4200 {
		t.Errorf("the rate starts at %d, want 4000", start)
	}
}

// A camera that says 30 pictures per second and delivers 10 at night must not
// lose two thirds of its rate, and one that delivers more must not overrun.
func TestTheRateHoldsWhenTheCameraDoesNotKeepItsFrameRate(t *testing.T) {
	for _, real := range []int{10, 60} {
		in := source{width: 640, height: 360, fps: 30, real: real, kbps: 6000, key: time.Hour, picture: calm}.make(t, 10*min(real, 30))
		out := transcodeSteps(t, in, Settings{Kbps: 1000}, nil)
		end := out[len(out)-1].PTS
		rate := kbps(out, 2*time.Second, end)
		t.Logf("30 pictures per second promised, %d delivered: %d kbit/s", real, rate)
		if rate < 900 || rate > 1080 {
			t.Errorf("the rate is %d with %d pictures per second, want 1000", rate, real)
		}
	}
}
