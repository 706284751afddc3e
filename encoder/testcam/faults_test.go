package testcam

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

func TestAFrozenCameraKeepsItsConnectionAndGoesOnWithAKeyFrame(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.Audio = unit.G711U
	camera := startCamera(t, cfg)
	w := watch(t, camera.URL(Main))
	w.await(t, 5)
	camera.Freeze(true)
	time.Sleep(200 * time.Millisecond) // for what is on its way
	video, audio := w.counts()
	time.Sleep(500 * time.Millisecond)
	if v, a := w.counts(); v != video || a != audio {
		t.Errorf("a frozen camera sent %d pictures and %d packets of sound", v-video, a-audio)
	}
	select {
	case err := <-w.ended:
		t.Fatalf("the connection of a frozen camera ended: %v", err)
	default:
	}
	camera.Freeze(false)
	w.await(t, video+5)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !h264.IsRandomAccess(w.video[video].nalus) {
		t.Error("after the freeze the picture goes on without a key frame")
	}
}

func TestAKickedClientIsCutAndMayComeBack(t *testing.T) {
	needGStreamer(t)
	camera := startCamera(t, small())
	w := watch(t, camera.URL(Main))
	w.await(t, 1)
	camera.Kick()
	w.wantEnd(t)
	watch(t, camera.URL(Main)).await(t, 1)
}

func TestACameraThatIsOffRefusesAndComesBackAtTheSameAddress(t *testing.T) {
	needGStreamer(t)
	camera := startCamera(t, small())
	url := camera.URL(Main)
	w := watch(t, url)
	w.await(t, 1)
	for range 3 {
		must(t, camera.Off(true))
		if err := newWatcher().play(url); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("a camera that is off says %v, want connection refused", err)
		}
		must(t, camera.Off(false))
	}
	w.wantEnd(t)
	watch(t, url).await(t, 1)
}

func TestTheCameraAsksForItsPasswordByDigest(t *testing.T) {
	needGStreamer(t)
	cfg := small()
	cfg.User, cfg.Password = "studio", "s3cret"
	camera := startCamera(t, cfg)
	url := camera.URL(Sub)
	var refused liberrors.ErrClientBadStatusCode
	for _, wrong := range []string{"studio:wrong@", ""} {
		err := newWatcher().play(strings.Replace(url, "studio:s3cret@", wrong, 1))
		if !errors.As(err, &refused) || refused.Code != base.StatusUnauthorized {
			t.Errorf("credentials %q get %v, want 401", wrong, err)
		}
	}
	watch(t, url).await(t, 1)
	conn, err := net.Dial("tcp", camera.door.reachable())
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = fmt.Fprintf(conn, "DESCRIBE rtsp://camera/%s RTSP/1.0\r\nCSeq: 1\r\n\r\n", Sub)
	must(t, err)
	answer := make([]byte, 1024)
	n, err := conn.Read(answer)
	must(t, err)
	if said := string(answer[:n]); !strings.Contains(said, "Digest") || strings.Contains(said, "Basic") {
		t.Errorf("the camera offers other ways than digest: %q", said)
	}
}

func TestAnUnknownPathIsNotFound(t *testing.T) {
	camera := startCamera(t, small())
	var refused liberrors.ErrClientBadStatusCode
	if err := newWatcher().play(camera.URL("attic")); !errors.As(err, &refused) || refused.Code != base.StatusNotFound {
		t.Errorf("an unknown path gets %v, want 404", err)
	}
}

func TestAKilledEncoderIsStartedAgain(t *testing.T) {
	needGStreamer(t)
	camera := startCamera(t, small())
	w := watch(t, camera.URL(Main))
	w.await(t, 5)
	process, err := os.FindProcess(camera.streams[Main].encoder.Stats().PID)
	must(t, err)
	must(t, process.Kill())
	eventually(t, "a new encoder", func() bool { return camera.Stats(Main).Restarts == 1 })
	before, _ := w.counts()
	w.await(t, before+5)
}

func TestNothingRunsAfterRun(t *testing.T) {
	needGStreamer(t)
	before := runtime.NumGoroutine()
	t.Run("camera", func(t *testing.T) {
		cfg := small()
		cfg.Audio = unit.G711A
		cfg.ONVIF = &ONVIF{}
		camera := startCamera(t, cfg)
		watch(t, camera.URL(Main)).await(t, 3)
		watch(t, camera.URL(Sub)).await(t, 3)
		must(t, camera.Off(true))
		must(t, camera.Off(false))
		watch(t, camera.URL(Main)).await(t, 3)
	})
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
}

func TestABadConfigurationIsRefusedWithItsReason(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"321x180":    func(c *Config) { c.Width = 321 },
		"320x0":      func(c *Config) { c.Height = 0 },
		"-1 frames":  func(c *Config) { c.FPS = -1 },
		"10 kbit/s":  func(c *Config) { c.Kbps = 10 },
		"9 B-frames": func(c *Config) { c.BFrames = 9 },
		"Opus":       func(c *Config) { c.Audio = unit.Opus },
		"no command": func(c *Config) { c.Worker = gst.Worker{} },
	} {
		cfg := small()
		cfg.Worker = testWorker()
		change(&cfg)
		if _, err := New(cfg, testLog(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
}
