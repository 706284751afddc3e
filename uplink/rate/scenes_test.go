package rate

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// uplinkLimits are those of the field's benches.
var uplinkLimits = Limits{FloorKbps: 300, CeilingKbps: 6000, StartKbps: 1000}

func steady(kbps float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return kbps }
}

// stairs are pairs of seconds and kbit/s, repeated after a period.
func stairs(period time.Duration, pairs ...float64) func(time.Duration) float64 {
	return func(at time.Duration) float64 {
		kbps := 0.0
		for i := 0; i < len(pairs); i += 2 {
			if (at % period).Seconds() >= pairs[i] {
				kbps = pairs[i+1]
			}
		}
		return kbps
	}
}

// traces finds the recorded lines, by name; without them the test is skipped
// loudly.
func traces(t testing.TB) map[string]func(time.Duration) float64 {
	t.Helper()
	dir := sharedTraces()
	files, _ := filepath.Glob(filepath.Join(dir, "*.[up]p*"))
	if len(files) == 0 {
		t.Skip("SKIPPED, needs the recorded traces: set STUDIOBOX_SHARED to the folder that holds traces/")
	}
	lines := map[string]func(time.Duration) float64{}
	for _, file := range files {
		lines[filepath.Base(file)] = recorded(t, file)
	}
	return lines
}

// sharedTraces looks in $STUDIOBOX_SHARED, then upward for ../shared.
func sharedTraces() string {
	if dir := os.Getenv("STUDIOBOX_SHARED"); dir != "" {
		return filepath.Join(dir, "traces")
	}
	dir, _ := os.Getwd()
	for dir != "/" {
		if found := filepath.Join(dir, "shared", "traces"); exists(found) {
			return found
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// recorded reads a mahimahi trace into kbit/s per grain, looped.
func recorded(t testing.TB, path string) func(time.Duration) float64 {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var served []float64
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		ms, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		slot := ms / int(grain/time.Millisecond)
		for len(served) <= slot {
			served = append(served, 0)
		}
		served[slot] += 1500 * 8 / float64(grain/time.Millisecond)
	}
	return func(at time.Duration) float64 { return served[int(at/grain)%len(served)] }
}
