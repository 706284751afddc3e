package e2e

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"studiobox/encoder/gst"
)

// binary is the program under test, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == workerArgument {
		os.Exit(gst.WorkerMain()) // the virtual camera's encoder re-executes this binary
	}
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "studiobox-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "studiobox")
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or each `status` of a race build lasts a second
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "studiobox/firmware/cmd/studiobox")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if raced() {
		build = exec.Command("go", "build", "-race", "-o", binary, "studiobox/firmware/cmd/studiobox")
		build.Env = append(os.Environ(), "CGO_ENABLED=1")
	}
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// raced tells whether the program under test carries the race detector. Benches
// must not.
func raced() bool { return os.Getenv("STUDIOBOX_BENCH") == "" }

const workerArgument = "gst-worker"

// testWorker is this test binary as the child that holds GStreamer.
func testWorker() gst.Worker {
	return gst.Worker{Command: []string{"/proc/self/exe", workerArgument}}
}

// tries is how often a recovery is tried: a few in the ordinary test run, 20
// for the figures (make soak).
func tries(fewest int) int {
	if n, err := strconv.Atoi(os.Getenv("STUDIOBOX_TRIES")); err == nil && n > 0 {
		return n
	}
	return fewest
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
