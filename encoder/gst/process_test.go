package gst

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// prompt is what a real process is allowed for what must happen at once, on a
// machine that is busy with other tests. The exact limits are proven in virtual
// time, see TestAChildThatHangsIsFoundOutInTime.
const prompt = 5 * time.Second

// wait waits for Run to return and tells how long that took.
func wait(t *testing.T, ended <-chan error) (took time.Duration, err error) {
	t.Helper()
	began := time.Now()
	select {
	case err = <-ended:
		return time.Since(began), err
	case <-time.After(patience):
		t.Fatalf("Run did not return within %v", patience)
		return 0, nil
	}
}

func TestAKilledWorkerIsReportedAtOnceAndANewOneGoesOnInMidGroup(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Hour}.make(t, 60)
	got := newCollector()
	tc := NewTranscoder(TranscoderConfig{
		Worker: testWorker(), Codec: unit.H264, Backend: X264, Settings: Settings{Kbps: 400},
	}, got, testLog(t))
	ended := start(t, tc)
	lockStep(t, tc, got, in[:30])
	pid := tc.Stats().PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	took, err := wait(t, ended)
	t.Logf("Run returned %v after the kill: %v", took, err)
	if !errors.Is(err, ErrCrashed) || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("Run returned %v, want ErrCrashed by a signal", err)
	}
	if took > prompt {
		t.Errorf("Run took %v to see the crash", took)
	}
	if tc.Ready() || tc.Stats().PID != 0 {
		t.Error("it is still ready")
	}
	for _, u := range in[30:40] {
		tc.Put(u) // the camera goes on meanwhile
	}
	began := time.Now()
	start(t, tc)
	out := lockStep(t, tc, got, in[40:41])[0]
	t.Logf("first unit %v after the restart", time.Since(began))
	if out.PTS != in[40].PTS || !hasParameterSets(out) {
		t.Errorf("first unit out is at %v (key %v), want an IDR at %v", out.PTS, out.Key, in[40].PTS)
	}
	if s := tc.Stats(); s.Restarts != 1 || s.PID == pid {
		t.Errorf("stats: %+v", s)
	}
}

func TestAStoppedWorkerIsSeenAndKilled(t *testing.T) {
	for _, name := range []string{"idle", "working"} {
		t.Run(name, func(t *testing.T) {
			in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Second}.make(t, 60)
			got := newCollector()
			tc := NewTranscoder(TranscoderConfig{
				Worker: testWorker(), Codec: unit.H264, Backend: X264, Settings: Settings{Kbps: 400},
			}, got, testLog(t))
			ended := start(t, tc)
			lockStep(t, tc, got, in[:5])
			pid := tc.Stats().PID
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			if name == "working" {
				for _, u := range in {
					tc.Put(u) // returns at once although nobody takes anything
				}
			}
			took, err := wait(t, ended)
			t.Logf("Run returned %v after the stop: %v", took, err)
			if !errors.Is(err, ErrHung) {
				t.Errorf("Run returned %v, want ErrHung", err)
			}
			if took > prompt {
				t.Errorf("Run took %v to see that the worker hangs", took)
			}
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("the worker is still there: %v", err)
			}
		})
	}
}

func TestRunEndsAtOnceWithItsContext(t *testing.T) {
	tc := NewTranscoder(TranscoderConfig{Worker: testWorker(), Codec: unit.H264}, newCollector(), testLog(t))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- tc.Run(ctx) }()
	waitReady(t, tc)
	pid := tc.Stats().PID
	cancel()
	took, err := wait(t, ended)
	if !errors.Is(err, context.Canceled) || took > prompt {
		t.Errorf("Run returned %v after %v", err, took)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the worker is still there: %v", err)
	}
}

func TestAWorkerDoesNotOutliveTheBox(t *testing.T) {
	box := exec.Command(os.Args[0])
	box.Env = append(os.Environ(), boxVar+"=1")
	said, err := box.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !gone(pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // a failed test leaves it behind
		}
	})
	// Stopped, it cannot see that its socket is closed: only the kernel can
	// end it.
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := box.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := box.Wait(); err == nil {
		t.Error("the box ended well although it was killed")
	}
	eventually(t, "the worker's end", func() bool { return gone(pid) })
}

// gone tells whether a process has ended; one that nobody has waited for yet
// (in a container without a proper init) counts as ended.
func gone(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	state := string(stat[strings.LastIndexByte(string(stat), ')')+1:])
	return strings.HasPrefix(state, " Z") || strings.HasPrefix(state, " X")
}

func TestAWorkerKilledAgainAndAgainIsBackQuickly(t *testing.T) {
	const times, units = 20, 3
	in := source{width: 640, height: 360, fps: 30, kbps: 1500, key: time.Hour}.make(t, (times+1)*units)
	got := newCollector()
	tc := NewTranscoder(TranscoderConfig{
		Worker: testWorker(), Codec: unit.H264, Backend: X264, Settings: Settings{Kbps: 400},
	}, got, testLog(t))
	ended := start(t, tc)
	lockStep(t, tc, got, in[:units])
	var recovery []time.Duration
	for i := 1; i <= times; i++ {
		killed := time.Now()
		if err := syscall.Kill(tc.Stats().PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wait(t, ended)
		ended = start(t, tc)
		if out := lockStep(t, tc, got, in[i*units:(i+1)*units]); !out[0].Key {
			t.Errorf("after kill %d the first unit is no key", i)
		}
		recovery = append(recovery, time.Since(killed))
	}
	slices.Sort(recovery)
	t.Logf("killed to picture, n=%d: p50 %v, p95 %v", times, recovery[times/2-1], recovery[times*95/100-1])
	if p95 := recovery[times*95/100-1]; p95 > prompt {
		t.Errorf("p95 of the recovery is %v", p95)
	}
}

func TestTheWorkerLeavesGroupSignalsToTheBox(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Second}.make(t, 10)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	lockStep(t, tc, got, in[:5])
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if err := syscall.Kill(tc.Stats().PID, s); err != nil {
			t.Fatal(err)
		}
	}
	lockStep(t, tc, got, in[5:])
	if s := tc.Stats(); s.Restarts != 0 || s.Out != 10 {
		t.Errorf("stats: %+v", s)
	}
}

func TestAMissingElementNamesItsPackage(t *testing.T) {
	tests := []struct{ without, part, pkg string }{
		{"libgstx264.so", "x264enc", "gstreamer1.0-plugins-ugly"},
		{"libgstlibav.so", "avdec_h264", "gstreamer1.0-libav"},
		{"libgstvideoparsersbad.so", "h264parse", "gstreamer1.0-plugins-bad"},
		{"libgstapp.so", "appsrc", "gstreamer1.0-plugins-base"},
	}
	for _, tt := range tests {
		t.Run(tt.part, func(t *testing.T) {
			tc := NewTranscoder(TranscoderConfig{
				Worker: testWorker(pluginsWithout(t, tt.without)...), Codec: unit.H264,
			}, newCollector(), testLog(t))
			_, err := wait(t, launch(t, tc))
			var missing *MissingError
			if !errors.As(err, &missing) || missing.Part != tt.part || missing.Package != tt.pkg {
				t.Fatalf("Run returned %v, want the lack of %s", err, tt.part)
			}
			want := "transcoder: GStreamer's " + tt.part + " is missing: apt install " + tt.pkg
			if err.Error() != want {
				t.Errorf("the error is %q, want %q", err, want)
			}
		})
	}
}

// pluginsWithout is an environment in which GStreamer has all of the machine's
// plug-ins but one file.
func pluginsWithout(t *testing.T, file string) []string {
	t.Helper()
	plugins, err := filepath.Glob("/usr/lib/*/gstreamer-1.0/libgst*.so")
	if err != nil || len(plugins) == 0 {
		t.Skip("needs GStreamer's plug-ins in /usr/lib/*/gstreamer-1.0")
	}
	dir := t.TempDir()
	for _, name := range []string{"app", "coreelements", "videoparsersbad", "libav", "x264", "videoconvertscale",
		"videoconvert", "videoscale"} {
		lib := "libgst" + name + ".so"
		if lib == file {
			continue
		}
		for _, p := range plugins {
			if filepath.Base(p) == lib {
				if err := os.Symlink(p, filepath.Join(dir, lib)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return []string{
		"GST_PLUGIN_SYSTEM_PATH_1_0=" + dir,
		"GST_REGISTRY_1_0=" + filepath.Join(dir, "registry.bin"),
	}
}

func TestNoGStreamerAtAllNamesItsPackage(t *testing.T) {
	// An empty file of that name in front is what a broken or foreign library
	// looks like to the dynamic linker.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "libgstapp-1.0.so.0"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := NewDecoder(DecoderConfig{Worker: testWorker("LD_LIBRARY_PATH=" + dir), Codec: unit.H264},
		func(Frame) {}, testLog(t))
	_, err := wait(t, launch(t, d))
	want := "decoder: GStreamer's libgstapp-1.0.so.0 is missing: apt install gstreamer1.0-plugins-base"
	if err == nil || err.Error() != want {
		t.Errorf("Run returned %v, want %q", err, want)
	}
}

func TestABadConfigurationIsRefusedInOneLine(t *testing.T) {
	log := testLog(t)
	tests := map[string]runner{
		"transcoder: cannot decode AAC: only H.264 and H.265": NewTranscoder(
			TranscoderConfig{Worker: testWorker(), Codec: unit.AAC}, newCollector(), log),
		"decoder: cannot decode Opus: only H.264 and H.265": NewDecoder(
			DecoderConfig{Worker: testWorker(), Codec: unit.Opus}, func(Frame) {}, log),
		"encoder: a picture of 321x240 cannot be encoded: width must be a multiple of 8 and height of 2": NewEncoder(
			EncoderConfig{Worker: testWorker(), Width: 321, Height: 240, FPS: 30}, newCollector(), log),
		"transcoder: no command for the GStreamer worker": NewTranscoder(
			TranscoderConfig{Codec: unit.H264}, newCollector(), log),
		`transcoder: encode: no back end called "nvenc"`: NewTranscoder(
			TranscoderConfig{Worker: testWorker(), Codec: unit.H264, Backend: "nvenc"}, newCollector(), log),
	}
	for want, r := range tests {
		if err := r.Run(t.Context()); err == nil || err.Error() != want {
			t.Errorf("Run returned %v, want %s", err, want)
		}
	}
}

func TestAProgramThatIsNoWorkerIsACrashWithItsLastWords(t *testing.T) {
	d := NewDecoder(DecoderConfig{
		Worker: Worker{Command: []string{"sh", "-c", "echo first >&2; echo out of luck >&2; exit 7"}},
		Codec:  unit.H264,
	}, func(Frame) {}, testLog(t))
	_, err := wait(t, launch(t, d))
	want := "decoder: worker crashed (exit status 7); it last said: first | out of luck"
	if err == nil || err.Error() != want {
		t.Errorf("Run returned %v, want %q", err, want)
	}
}

func TestAWorkerStartedByHandSaysSo(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerVar+"=1")
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(said), "started by studiobox itself") {
		t.Errorf("it ended with %v and said %q", err, said)
	}
}

// ticks is the processor time of a process in clock ticks (100 per second).
func ticks(t testing.TB, pid int) int {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	// The fields after the command, which is in brackets (proc(5)).
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		t.Fatalf("cannot read %q", stat)
	}
	return user + system
}

func TestAnIdleWorkerCostsNothing(t *testing.T) {
	in := source{width: 320, height: 240, fps: 30, kbps: 800, key: time.Second}.make(t, 11)
	tc, got := newTestTranscoder(t, unit.H264, Settings{Kbps: 400})
	lockStep(t, tc, got, in[:10])
	time.Sleep(restForTest)
	before := ticks(t, tc.Stats().PID)
	const span = 3 * time.Second
	time.Sleep(span)
	used := ticks(t, tc.Stats().PID) - before
	t.Logf("%d ticks of 10 ms in %v", used, span)
	if used > 3 { // 1 %
		t.Errorf("the idle worker used %d ticks of 10 ms in %v", used, span)
	}
	if !tc.Ready() {
		t.Error("the idle worker is not ready")
	}
	lockStep(t, tc, got, in[10:]) // it wakes up for the next unit
}

// restForTest is longer than a worker takes to come to rest.
const restForTest = 1500 * time.Millisecond
