package e2e

import (
	"fmt"
	"hash/maphash"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/rtspcam"
	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
)

// benchFor is how long both relays are measured, side by side.
const benchFor = 30 * time.Second

func needBench(t *testing.T) {
	t.Helper()
	if os.Getenv("STUDIOBOX_BENCH") == "" {
		t.Skip("a bench, not a test: make bench runs it")
	}
}

// stopwatch notes when which picture came by. Pictures are told apart by their
// largest NAL unit, which a relay that copies leaves as it is.
type stopwatch struct {
	seed  maphash.Seed
	mutex sync.Mutex
	at    map[uint64]time.Time
}

func (s *stopwatch) Put(u *unit.Unit) {
	if u.Track != unit.Video {
		return
	}
	var largest []byte
	for _, nalu := range u.NALUs {
		if len(nalu) > len(largest) {
			largest = nalu
		}
	}
	key := maphash.Bytes(s.seed, largest)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.at[key] = u.Captured
}

// delays is how much later than at the reference each picture came by here.
func (s *stopwatch) delays(reference *stopwatch) figures {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	reference.mutex.Lock()
	defer reference.mutex.Unlock()
	var f figures
	for key, at := range s.at {
		if sent, ok := reference.at[key]; ok {
			f = append(f, at.Sub(sent))
		}
	}
	return f
}

// TestBenchPassThroughAgainstFFmpegCopy relays one camera twice at once, with
// studiobox and with ffmpeg -c copy, and compares CPU and added delay.
func TestBenchPassThroughAgainstFFmpegCopy(t *testing.T) {
	needBench(t)
	camera := startCamera(t, testcam.Config{Width: 1280, Height: 720, Kbps: 4000, Audio: unit.G711A})
	seed := maphash.MakeSeed()
	watch := func() *stopwatch { return &stopwatch{seed: seed, at: map[uint64]time.Time{}} }

	direct, ours, theirs := watch(), watch(), watch()
	eye, err := rtspcam.New(rtspcam.Config{URL: camera.URL("main"), Epoch: time.Now()}, direct, quiet())
	if err != nil {
		t.Fatal(err)
	}
	background(t, "direct reader", eye.Run)
	ourIngest, theirIngest := startIngest(t, ingesttest.Config{}), startIngest(t, ingesttest.Config{})
	ourIngest.watch(ours)
	theirIngest.watch(theirs)

	p := startRelay(t, camera.URL("main"), ourIngest.URL("live"), "--ceiling", "20M", "--start", "20M")
	ffmpeg := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", camera.URL("main"),
		"-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", theirIngest.URL("live"))
	runTool(t, ffmpeg)
	ourIngest.firstAfter(t, time.Now(), 15*time.Second)
	theirIngest.firstAfter(t, time.Now(), 15*time.Second)
	pause(10 * time.Second) // both have settled; we pass through

	pids := append(p.workers(), p.cmd.Process.Pid)
	ourCPU, theirCPU := cpuOf(t, pids...), cpuOf(t, ffmpeg.Process.Pid)
	pause(benchFor)
	ourCPU, theirCPU = cpuOf(t, pids...)-ourCPU, cpuOf(t, ffmpeg.Process.Pid)-theirCPU

	ourDelay, theirDelay := ours.delays(direct), theirs.delays(direct)
	if len(ourDelay) < 500 || len(theirDelay) < 500 {
		t.Fatalf("only %d and %d pictures were the same at camera and ingest", len(ourDelay), len(theirDelay))
	}
	t.Logf("FIGURE pass-through of 4 Mbit/s for %v: CPU studiobox %v, ffmpeg %v, ratio %.2f", benchFor,
		ourCPU, theirCPU, ourCPU.Seconds()/theirCPU.Seconds())
	t.Logf("FIGURE added delay p50/p95: studiobox %v/%v, ffmpeg %v/%v, ratio of p50 %.2f",
		ourDelay.percentile(50), ourDelay.percentile(95), theirDelay.percentile(50), theirDelay.percentile(95),
		ourDelay.percentile(50).Seconds()/theirDelay.percentile(50).Seconds())
	t.Logf("FIGURE resident memory of the relay without its worker: %.1f MB", residentMB(t, p.cmd.Process.Pid))
}

// TestBenchMemoryOfTheDaemonOnAir reads the resident memory of `studiobox run`
// in the middle of a show, without the worker's.
func TestBenchMemoryOfTheDaemonOnAir(t *testing.T) {
	needBench(t)
	camera := startCamera(t, testcam.Config{Width: 1280, Height: 720, Kbps: 4000, Audio: unit.G711A})
	in := startIngest(t, ingesttest.Config{})
	broker := startMosquitto(t)
	p := start(t, "run", "--config", boxFile(t, camera.URL("main"), in.URL("live"), fmt.Sprintf("[mqtt]\nbroker = %q\n", broker)))
	p.until("camera", 15*time.Second, cameraUp)
	p.press(holdStart + 200*time.Millisecond)
	p.until("on air", 10*time.Second, onAir)
	pause(benchFor)
	resident := residentMB(t, p.cmd.Process.Pid)
	t.Logf("FIGURE resident memory of the daemon on air, without its worker: %.1f MB (must: below 40)", resident)
	if resident >= 40 {
		t.Errorf("the daemon takes %.1f MB", resident)
	}
}

// cpuOf is the processor time that processes have used, user and system.
func cpuOf(t *testing.T, pids ...int) time.Duration {
	t.Helper()
	const ticksPerSecond = 100 // USER_HZ, the same on every Linux
	var ticks int
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		for _, field := range fields[11:13] { // utime and stime, proc(5)
			n, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// residentMB is VmRSS in 10^6 bytes.
func residentMB(t *testing.T, pid int) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return float64(kib) * 1024 / 1e6
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
