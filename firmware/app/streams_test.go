package app

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/choose"
	"studiobox/encoder/gst"
	"studiobox/encoder/rtspcam"
	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
	"studiobox/uplink/rate"
)

// TestStreamsWorkerProcess is no test but the child that encodes for the others.
func TestStreamsWorkerProcess(t *testing.T) {
	if os.Getenv("STREAMS_WORKER") == "" {
		t.Skip("runs as a child of other tests only")
	}
	os.Exit(gst.WorkerMain())
}

// studioCamera is a virtual camera with two streams and ONVIF.
func studioCamera(t *testing.T) *testcam.Camera {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real encoder: run without -short")
	}
	for _, part := range gst.Parts() {
		if part.Name == "x264enc" && !part.Found {
			t.Skipf("needs GStreamer's x264enc: apt install %s", part.Package)
		}
	}
	camera, err := testcam.New(testcam.Config{
		Width: 640, Height: 360, FPS: 15, Kbps: 3000, GOP: 2 * time.Second, Audio: unit.G711A,
		User: "box", Password: "secret", ONVIF: &testcam.ONVIF{},
		Worker: gst.Worker{Command: []string{os.Args[0], "-test.run=^TestStreamsWorkerProcess$"}, Env: []string{"STREAMS_WORKER=1"}},
	}, newLogger("error"))
	if err != nil {
		t.Fatal(err)
	}
	background(t, camera.Run)
	<-camera.Ready()
	return camera
}

// background runs until the returned func or the end of the test, which wait for it.
func background(t *testing.T, task func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := task(ctx); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 1200 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no sign of %s within a minute", what)
}

// followed are streams of a camera that follow a target in the background, as
// the rate loop would tell it.
type followed struct {
	*streams
	mutex  sync.Mutex
	target int
	ready  bool
}

func follow(t *testing.T, camera *testcam.Camera, ask bool) (*followed, func()) {
	t.Helper()
	s, err := newStreams(streamsConfig{
		Camera: rtspcam.Config{URL: camera.URL(testcam.Main), Epoch: time.Now(), StallAfter: 20 * time.Second},
		SubURL: camera.URL(testcam.Sub), ONVIF: camera.ONVIFURL(), AskRate: ask, DataDir: t.TempDir(),
	}, unit.SinkFunc(func(*unit.Unit) {}), func(unit.Media) {}, func(error) {}, newLogger("error"))
	if err != nil {
		t.Fatal(err)
	}
	f := &followed{streams: s, target: 8000}
	background(t, func(ctx context.Context) error {
		for ctx.Err() == nil {
			f.mutex.Lock()
			target, ready := f.target, f.ready
			f.mutex.Unlock()
			s.follow(time.Now(), rate.Decision{Reason: rate.Probe}, target, ready)
			time.Sleep(50 * time.Millisecond)
		}
		return nil
	})
	return f, background(t, s.Run)
}

func (f *followed) set(target int, ready bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.target, f.ready = target, ready
}

func TestTheSmallStreamIsForLinesThatNothingTranscodesFor(t *testing.T) {
	camera := studioCamera(t)
	s, _ := follow(t, camera, false)
	s.set(700, true) // a transcoder is ready
	within(t, "both streams", func() bool {
		stats := s.chooser.Stats()
		return stats.Chosen == choose.Main && stats.Kbps[choose.Main] > 1000 && stats.Kbps[choose.Sub] > 0
	})
	time.Sleep(3 * time.Second)
	if stats := s.chooser.Stats(); stats.Chosen != choose.Main || stats.Reason != choose.Shaped {
		t.Errorf("a transcoder is ready, and the chooser is at %+v", stats)
	}
	s.set(700, false)
	within(t, "the small stream", func() bool { return s.chooser.Stats().Chosen == choose.Sub })
	within(t, "that the large stream is let go", func() bool { return camera.Stats(testcam.Main).Readers == 0 })
	if stats := s.Stats(); !stats.Connected || stats.Kbps == 0 {
		t.Errorf("with the small stream on the camera is told as %+v", stats)
	}
	s.set(700, true)
	within(t, "the large stream for the transcoder", func() bool { return s.chooser.Stats().Chosen == choose.Main })
}

func TestTheCameraMakesAnotherRateForAShowAndItsOwnAfterIt(t *testing.T) {
	camera := studioCamera(t)
	s, stop := follow(t, camera, true)
	within(t, "the large stream", func() bool { return s.chooser.Stats().Kbps[choose.Main] > 1500 })
	s.set(1500, false)
	within(t, "that the camera is asked", func() bool { return camera.Kbps(testcam.Main) == 1050 })
	within(t, "the large stream at its new rate", func() bool {
		stats := s.chooser.Stats()
		return stats.Chosen == choose.Main && stats.Kbps[choose.Main] < 1300
	})
	s.set(1500, true) // a transcoder wants the camera's best
	within(t, "the camera's own rate", func() bool { return camera.Kbps(testcam.Main) == 3000 })
	s.set(1500, false)
	within(t, "that the camera is asked again", func() bool { return camera.Kbps(testcam.Main) == 1050 })
	stop()
	if kbps := camera.Kbps(testcam.Main); kbps != 3000 {
		t.Errorf("after the end the camera is left at %d kbit/s", kbps)
	}
}

func TestStreamsThatCannotBeAreRefusedWithoutTheirPassword(t *testing.T) {
	for _, cfg := range []streamsConfig{
		{Camera: rtspcam.Config{URL: "http://box:secret@camera"}},
		{Camera: rtspcam.Config{URL: "rtsp://camera"}, SubURL: "http://box:secret@camera"},
		{Camera: rtspcam.Config{URL: "rtsp://camera"}, ONVIF: "rtsp://box:secret@camera"},
	} {
		_, err := newStreams(cfg, unit.SinkFunc(func(*unit.Unit) {}), nil, nil, newLogger("error"))
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
