package onvif

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/testcam"
)

// workerEnv makes the test binary run as the GStreamer worker.
const workerEnv = "ONVIF_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(workerEnv) != "" {
		os.Exit(gst.WorkerMain())
	}
	os.Exit(m.Run())
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
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

// start runs a camera whose users are "box" with a password that XML and URLs
// have to escape. Without a worker it serves but does not film.
func start(t *testing.T, service testcam.ONVIF, worker ...string) *testcam.Camera {
	t.Helper()
	cfg := testcam.Config{
		Width: 640, Height: 360, FPS: 15, Kbps: 2000, GOP: 10 * time.Second,
		User: "box", Password: `p&"<ss%/é`, ONVIF: &service,
		Worker: gst.Worker{Command: []string{"/bin/false"}},
	}
	if len(worker) > 0 {
		cfg.Worker = gst.Worker{Command: worker, Env: []string{workerEnv + "=1"}}
	}
	camera, err := testcam.New(cfg, testLog(t))
	must(t, err)
	background(t, camera.Run)
	<-camera.Ready()
	return camera
}

func client(t *testing.T, url string) *Client {
	t.Helper()
	c, err := New(Config{URL: url, Timeout: 20 * time.Second}, testLog(t))
	must(t, err)
	return c
}

// mainStream finds the profile of the large stream.
func mainStream(t *testing.T, camera *testcam.Camera) *Stream {
	t.Helper()
	s, err := client(t, camera.ONVIFURL()).Stream(t.Context(), camera.URL(testcam.Main))
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantText(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error is %v, want %q in it", err, part)
		}
	}
}
