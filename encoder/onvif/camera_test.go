package onvif

import (
	"context"
	"os"
	"testing"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/rtspcam"
	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
)

// TestACameraReallyMakesTheRateAndTheKeyFrameThatItIsAskedFor measures what
// comes over RTSP.
func TestACameraReallyMakesTheRateAndTheKeyFrameThatItIsAskedFor(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real encoder: run without -short")
	}
	for _, part := range gst.Parts() {
		if part.Name == "x264enc" && !part.Found {
			t.Skipf("needs GStreamer's x264enc: apt install %s", part.Package)
		}
	}
	camera := start(t, testcam.ONVIF{}, os.Args[0])
	keys := make(chan time.Duration, 1000)
	pull, err := rtspcam.New(rtspcam.Config{URL: camera.URL(testcam.Main), Epoch: time.Now(), StallAfter: 20 * time.Second},
		unit.SinkFunc(func(u *unit.Unit) {
			if u.Key {
				keys <- u.PTS
			}
		}), testLog(t))
	must(t, err)
	background(t, func(ctx context.Context) error {
		for ctx.Err() == nil { // on a busy machine the camera's encoder may come too late for DESCRIBE
			if err := pull.Run(ctx); err != nil {
				t.Log(err)
			}
		}
		return nil
	})
	first := next(t, keys) // the group is 10 s long

	s := mainStream(t, camera)
	must(t, s.ForceKey(t.Context()))
	if after := next(t, keys) - first; after > 9*time.Second {
		t.Errorf("the next key frame came after %v, as it would have anyway", after)
	}

	rate := func(what string, holds func(kbps int) bool) {
		t.Helper()
		for range 1200 {
			if holds(pull.Stats().Kbps) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Errorf("%s: the camera makes %d kbit/s", what, pull.Stats().Kbps)
	}
	rate("before", func(kbps int) bool { return kbps > 1000 })
	granted, err := s.SetKbps(t.Context(), 400)
	must(t, err)
	if granted != 400 {
		t.Errorf("granted %d", granted)
	}
	rate("after", func(kbps int) bool { return kbps > 0 && kbps < 520 })
}

// next is the time of the next key frame.
func next(t *testing.T, keys <-chan time.Duration) time.Duration {
	t.Helper()
	select {
	case at := <-keys:
		return at
	case <-time.After(time.Minute):
		t.Fatal("no key frame within a minute")
		return 0
	}
}
