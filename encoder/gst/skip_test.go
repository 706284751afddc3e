package gst

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// swallow puts units of which nothing shall come.
func swallow(t *testing.T, tc *Transcoder, in []*unit.Unit) {
	t.Helper()
	for _, u := range in {
		tc.Put(u)
		eventually(t, "the unit to be taken", tc.feed.idle)
	}
}

// pictures asks ffmpeg how many pictures it decodes, and insists that it has
// nothing to complain about.
func pictures(t *testing.T, units []*unit.Unit) int {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("NOT TESTED with another decoder: it needs ffmpeg (apt install ffmpeg)")
	}
	var stream, complaints bytes.Buffer
	for _, u := range units {
		for _, nalu := range u.NALUs {
			stream.Write([]byte{0, 0, 0, 1})
			stream.Write(nalu)
		}
	}
	cmd := exec.Command(ffmpeg, "-v", "error", "-f", "h264", "-i", "-", "-fps_mode", "passthrough", "-f", "framemd5", "-")
	cmd.Stdin, cmd.Stderr = &stream, &complaints
	list, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("ffmpeg: %v: %s", err, complaints.String())
	}
	n := 0
	for line := range strings.Lines(string(list)) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

func TestExactlyTheSkippedPicturesAreMissingAndTheRestIsWhole(t *testing.T) {
	in := source{width: 640, height: 360, fps: 30, kbps: 4000, key: time.Hour, picture: calm}.make(t, 240)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 1000})
	const from, to = 120, 132 // 400 ms
	out := lockStep(t, tc, got, in[:from])
	tc.SetSkip(true)
	swallow(t, tc, in[from:to])
	tc.SetSkip(false)
	out = append(out, lockStep(t, tc, got, in[to:])...)

	want := append(append([]*unit.Unit{}, in[:from]...), in[to:]...)
	for i, u := range out {
		if u.PTS != want[i].PTS {
			t.Fatalf("unit %d is at %v, want %v", i, u.PTS, want[i].PTS)
		}
	}
	if at := keys(out); len(at) != 1 {
		t.Errorf("keys at %v, want only the first", at)
	}
	if s := tc.Stats(); s.Skipped != to-from || s.Dropped != 0 {
		t.Errorf("%d skipped and %d dropped, want %d and 0", s.Skipped, s.Dropped, to-from)
	}
	after := ptsOf(to, 30)
	first := kbps(out, after, after+250*time.Millisecond)
	then := kbps(out, after, after+3*time.Second)
	t.Logf("after it %d kbit/s in a quarter of a second, %d in three", first, then)
	if first > 1400 || then < 850 || then > 1050 {
		t.Errorf("the rate after it is %d and %d, want 1000", first, then)
	}
	if n := pictures(t, out); n != len(out) {
		t.Errorf("ffmpeg shows %d of %d pictures", n, len(out))
	}
	shown, all := decodeAll(t, unit.H264, out, 0, 0), decodeAll(t, unit.H264, in, 0, 0)
	if worst := worstPSNR(all[to:], shown[from:]); worst < 25 {
		t.Errorf("a picture after it has a PSNR of %.1f dB", worst)
	}
}

func TestAPictureGoesThroughEverySecondHoweverLongTheSkip(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Hour}.make(t, 100)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	lockStep(t, tc, got, in[:10])
	tc.SetSkip(true)
	swallow(t, tc, in[10:])
	tc.SetSkip(false)
	tc.Put(&unit.Unit{PTS: ptsOf(100, 30), Key: true, NALUs: in[0].NALUs})
	last := in[9].PTS
	for range 3 {
		u := got.next(t)
		if gap := u.PTS - last; gap < skipMost || gap > skipMost+34*time.Millisecond || u.Key {
			t.Errorf("unit at %v (key %v), %v after the one before", u.PTS, u.Key, gap)
		}
		last = u.PTS
	}
}

func TestAKeyThatWasAskedForDuringASkipComesAfterIt(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Hour}.make(t, 40)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	lockStep(t, tc, got, in[:10])
	tc.SetSkip(true)
	tc.ForceKey()
	swallow(t, tc, in[10:20])
	tc.SetSkip(false)
	out := lockStep(t, tc, got, in[20:])
	if at := keys(out); len(at) != 1 || at[0] != 0 || out[0].PTS != in[20].PTS {
		t.Errorf("keys at %v, the first unit at %v", at, out[0].PTS)
	}
}

// A ladder's way down and up: half the frame rate costs nothing, a size one
// IDR, and every decoder follows.
func TestDecodersFollowFrameRateAndSizeThroughTheStream(t *testing.T) {
	in := source{width: 640, height: 360, fps: 30, kbps: 4000, key: time.Hour}.make(t, 240)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 600})
	var out []*unit.Unit
	for i, u := range in {
		switch i {
		case 60:
			tc.SetSize(0, 0, 15)
		case 120:
			tc.SetSize(480, 270, 15)
		case 180:
			tc.SetSize(0, 0, 0)
		}
		tc.Put(u)
		if i >= 60 && i < 180 && i%2 == 0 { // counted from number 59
			eventually(t, "the unit to be taken", tc.feed.idle)
			continue
		}
		out = append(out, got.next(t))
	}
	if at := keys(out); len(at) != 3 || out[at[1]].PTS != in[121].PTS || out[at[2]].PTS != in[180].PTS {
		t.Fatalf("keys at %v, want 0, 90 and 120", at)
	}
	for _, i := range keys(out) {
		if !hasParameterSets(out[i]) {
			t.Errorf("key unit %d does not begin with SPS and PPS", i)
		}
	}
	if n := pictures(t, out); n != len(out) {
		t.Errorf("ffmpeg shows %d of %d pictures", n, len(out))
	}
	for i, f := range decodeAll(t, unit.H264, out, 0, 0) {
		want := [2]int{640, 360}
		if i >= 90 && i < 120 {
			want = [2]int{480, 270}
		}
		if [2]int{f.Width, f.Height} != want {
			t.Fatalf("picture %d is %dx%d, want %v", i, f.Width, f.Height, want)
		}
	}
	for _, from := range []int{60, 120} { // as many bits for half the pictures
		at := ptsOf(from, 30)
		rate := kbps(out, at, at+2*time.Second)
		t.Logf("from picture %d on %d kbit/s", from, rate)
		if rate < 360 || rate > 720 {
			t.Errorf("the rate from picture %d on is %d, want 600", from, rate)
		}
	}
}
