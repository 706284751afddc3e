package choose

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/rtspcam"
	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
)

// TestARealCamerasStreamsFollowTheLine pulls both streams of a camera with real
// encoders over RTSP, and decodes what goes out.
func TestARealCamerasStreamsFollowTheLine(t *testing.T) {
	needGStreamer(t)
	s := newStudio(t, testcam.Config{Width: 960, Height: 540, FPS: 15, Kbps: 4000, GOP: 2 * time.Second, Audio: unit.G711U})
	s.chooser.SetLine(Line{Kbps: 8000})
	s.await(t, "main's pictures", func(p []picture) bool { return len(p) > 0 && p[len(p)-1].width == 960 })
	s.await(t, "both streams' rates", func([]picture) bool {
		stats := s.chooser.Stats()
		return stats.Chosen == Main && stats.Kbps[Main] > 1300 && stats.Kbps[Sub] > 0
	})
	t.Logf("main has %d kbit/s, sub %d", s.chooser.Stats().Kbps[Main], s.chooser.Stats().Kbps[Sub])

	begun, keys := len(s.pictures()), s.subKeys.Load()
	s.chooser.SetLine(Line{Kbps: 1000})
	s.await(t, "the sub stream's pictures", func(p []picture) bool { return count(p[begun:], 640) >= 10 })
	// The first key unit can come while the target may still be a dip.
	if passed := s.subKeysAtMedia.Load() - keys; passed > 2 && s.steady() {
		t.Errorf("the changeover took %d key units of the sub stream, want its first or second", passed)
	}

	s.chooser.SetLine(Line{Kbps: 8000})
	before := count(s.pictures(), 960)
	s.await(t, "main's pictures again", func(p []picture) bool { return count(p, 960) >= before+10 })
	s.check(t, begun)
}

// picture is one that was decoded.
type picture struct {
	pts   time.Duration
	width int
	shot  time.Time // painted into the picture by the camera
}

// studio is a camera, both its pulls, the chooser, and a decoder.
type studio struct {
	camera  *testcam.Camera
	chooser *Chooser
	decoder *gst.Decoder
	subKeys atomic.Int64 // that have come in
	// subKeysAtMedia is the same when something was last told to go out: on a
	// steady camera that is a changeover.
	subKeysAtMedia atomic.Int64

	mu      sync.Mutex
	decoded []picture
	video   []time.Duration // PTS sent
	audio   []time.Duration
}

func newStudio(t *testing.T, cfg testcam.Config) *studio {
	t.Helper()
	cfg.Worker = testWorker()
	camera, err := testcam.New(cfg, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	background(t, camera.Run)
	<-camera.Ready()
	s := &studio{camera: camera}
	s.chooser = New(Config{UpAfter: 2 * time.Second}, s, testLog(t))
	s.chooser.OnMedia = func(unit.Media) { s.subKeysAtMedia.Store(s.subKeys.Load()) }
	s.decoder = gst.NewDecoder(gst.DecoderConfig{Worker: testWorker(), Codec: unit.H264}, s.see, testLog(t))
	background(t, s.decoder.Run)
	s.await(t, "a decoder", func([]picture) bool { return s.decoder.Ready() })
	epoch := time.Now()
	for stream, path := range map[Stream]string{Main: testcam.Main, Sub: testcam.Sub} {
		in := s.chooser.Sink(stream)
		count := unit.SinkFunc(func(u *unit.Unit) {
			if stream == Sub && u.Key {
				s.subKeys.Add(1)
			}
			in.Put(u)
		})
		pull, err := rtspcam.New(rtspcam.Config{URL: camera.URL(path), Epoch: epoch, StallAfter: 20 * time.Second}, count, testLog(t))
		if err != nil {
			t.Fatal(err)
		}
		pull.OnMedia = func(m unit.Media) { s.chooser.SetMedia(stream, m) }
		background(t, func(ctx context.Context) error {
			for ctx.Err() == nil { // on a busy machine the camera's encoder may come too late for DESCRIBE
				s.chooser.Restart(stream)
				if err := pull.Run(ctx); err != nil {
					t.Log(err)
				}
			}
			return nil
		})
	}
	return s
}

// background runs until the test ends, which waits for it.
func background(t *testing.T, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
}

// Put takes what goes out.
func (s *studio) Put(u *unit.Unit) {
	s.mu.Lock()
	if u.Track == unit.Audio {
		s.audio = append(s.audio, u.PTS)
	} else {
		s.video = append(s.video, u.PTS)
	}
	s.mu.Unlock()
	s.decoder.Put(u)
}

func (s *studio) see(f gst.Frame) {
	p := picture{pts: f.PTS, width: f.Width}
	if m, ok := testcam.ReadMarker(f.I420, f.Width, f.Height); ok {
		p.shot = m.Time
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decoded = append(s.decoded, p)
}

func (s *studio) pictures() []picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.decoded
}

func count(pictures []picture, width int) (n int) {
	for _, p := range pictures {
		if p.width == width {
			n++
		}
	}
	return n
}

func (s *studio) await(t *testing.T, what string, holds func([]picture) bool) {
	t.Helper()
	for range 1200 {
		if holds(s.pictures()) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no sign of %s in a minute: %+v", what, s.chooser.Stats())
}

// check is what must hold of all that went out, with one way down and one way up
// since the picture begun.
func (s *studio) check(t *testing.T, begun int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 1; i < len(s.video); i++ {
		if s.video[i] <= s.video[i-1] {
			t.Errorf("picture %d has PTS %v after %v", i, s.video[i], s.video[i-1])
		}
	}
	for i := 1; i < len(s.audio); i++ {
		if s.audio[i] <= s.audio[i-1] {
			t.Errorf("sound %d has PTS %v after %v", i, s.audio[i], s.audio[i-1])
		}
	}
	// A picture that referred to one not sent would not come out of the decoder;
	// the last few are still in it.
	late := int(s.decoder.Stats().Dropped) // on a busy machine
	if missing := len(s.video) - len(s.decoded) - late; missing > 8 {
		t.Errorf("%d of %d pictures were not decoded", missing, len(s.video))
	}
	changes, unread := 0, 0
	for i, p := range s.decoded {
		if i > 0 && i >= begun && p.width != s.decoded[i-1].width {
			changes++
		}
		if p.shot.IsZero() {
			unread++
		}
	}
	if unread > len(s.decoded)/20 {
		t.Errorf("%d of %d pictures are broken", unread, len(s.decoded))
	}
	if changes != 2 && s.steady() {
		t.Errorf("%d changes of size, want 2", changes)
	}
}

// steady tells whether the camera's encoders have lived through it all; on a
// machine so busy that one did not, there is more to change over for.
func (s *studio) steady() bool {
	return s.camera.Stats(testcam.Main).Restarts == 0 && s.camera.Stats(testcam.Sub).Restarts == 0
}
