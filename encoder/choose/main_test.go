package choose

import (
	"log/slog"
	"os"
	"testing"

	"studiobox/encoder/gst"
)

// workerEnv makes the test binary run as the GStreamer worker.
const workerEnv = "CHOOSE_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(workerEnv) != "" {
		os.Exit(gst.WorkerMain())
	}
	os.Exit(m.Run())
}

func testWorker() gst.Worker {
	return gst.Worker{Command: []string{os.Args[0]}, Env: []string{workerEnv + "=1"}}
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// needGStreamer skips where a part of GStreamer is missing, and says which.
func needGStreamer(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real encoder: run without -short")
	}
	for _, part := range gst.Parts() {
		if part.Name == "x264enc" && !part.Found {
			t.Skipf("needs GStreamer's x264enc: apt install %s", part.Package)
		}
	}
}
