package gst

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

// testCamera is a test card of the child's own, with a tone if wanted.
func testCamera(t *testing.T, change func(*CameraConfig)) (*Camera, collector) {
	t.Helper()
	got := newCollector()
	cfg := CameraConfig{
		Worker: testWorker(), Backend: X264, Kind: TestCard,
		CaptureWidth: 320, CaptureHeight: 240, CaptureFPS: 30,
		Settings: Settings{Kbps: 400}, KeyInterval: time.Hour, Epoch: time.Now(),
	}
	if change != nil {
		change(&cfg)
	}
	return NewCamera(cfg, got, testLog(t)), got
}

func TestACameraGivesPicturesAndSoundOnOneTimeline(t *testing.T) {
	epoch := time.Now()
	c, got := testCamera(t, func(cfg *CameraConfig) { cfg.Microphone, cfg.Epoch = TestTone, epoch })
	start(t, c)
	var last [2]time.Duration
	var count [2]int
	for count[unit.Video] < 45 || count[unit.Audio] < 45 {
		u := got.next(t)
		if age := time.Since(u.Captured); age < 0 || age > patience {
			t.Fatalf("a %v unit was captured %v ago", u.Track, age)
		}
		if want := u.Captured.Sub(epoch); u.PTS != want {
			t.Fatalf("PTS is %v, want %v after the epoch", u.PTS, want)
		}
		if count[u.Track] > 0 && u.PTS <= last[u.Track] {
			t.Fatalf("%v: PTS %v after %v", u.Track, u.PTS, last[u.Track])
		}
		if u.Track == unit.Video && u.Key != (count[unit.Video] == 0) {
			t.Errorf("picture %d: Key is %v", count[unit.Video], u.Key)
		}
		if u.Track == unit.Audio && len(u.Frame) == 0 {
			t.Error("an empty frame of sound")
		}
		last[u.Track], count[u.Track] = u.PTS, count[u.Track]+1
	}
	s := c.Stats()
	t.Logf("p50 %v p95 %v, %d in, %d dropped", s.LatencyP50, s.LatencyP95, s.In, s.Dropped)
	if apart := (last[unit.Video] - last[unit.Audio]).Abs(); apart > time.Second {
		t.Errorf("sound and picture are %v apart", apart)
	}
}

// videoFor waits for the pictures of so long of the camera's time.
func videoFor(t *testing.T, got collector, span time.Duration) []*unit.Unit {
	t.Helper()
	var units []*unit.Unit
	for {
		u := got.next(t)
		if u.Track == unit.Video {
			units = append(units, u)
		}
		if len(units) > 0 && units[len(units)-1].PTS-units[0].PTS >= span {
			return units
		}
	}
}

// A live camera on a machine that is busy drops pictures, but what it gives
// keeps to the rate in its own time.
func TestACamerasRateFollowsAStep(t *testing.T) {
	c, got := testCamera(t, func(cfg *CameraConfig) { cfg.Kbps, cfg.Device = 3000, "snow" })
	start(t, c)
	before := videoFor(t, got, 3*time.Second)
	c.SetKbps(1000)
	asked := c.clockNow()
	after := videoFor(t, got, 4*time.Second)
	first := after[0].PTS
	for _, u := range after { // those already under way are of the old rate
		if u.PTS >= asked {
			first = u.PTS
			break
		}
	}
	old := kbps(before, before[0].PTS+time.Second, before[0].PTS+3*time.Second)
	rate := kbps(after, first+time.Second, first+3*time.Second)
	early := kbps(after, first+100*time.Millisecond, first+600*time.Millisecond)
	t.Logf("%d kbit/s, then %d in the first half second and %d after a second", old, early, rate)
	if old < 2400 || old > 3300 {
		t.Errorf("the rate begins at %d, want 3000", old)
	}
	if early > 1400 || rate < 800 || rate > 1100 {
		t.Errorf("after the step the rate is %d and then %d, want 1000", early, rate)
	}
	for _, u := range after {
		if u.Key {
			t.Error("the step made a key frame")
		}
	}
}

// clockNow is now as a PTS.
func (c *Camera) clockNow() time.Duration { return time.Since(c.clock.epoch) }

func TestACamerasKeyIsForcedAndASizeCostsOne(t *testing.T) {
	c, got := testCamera(t, nil)
	start(t, c)
	videoFor(t, got, 500*time.Millisecond)
	c.ForceKey()
	waitKey(t, got)
	c.SetSize(0, 120, 0)
	u := waitKey(t, got)
	if size := decodedSize(t, []*unit.Unit{u}); size != [2]int{160, 120} {
		t.Errorf("the new size is %v", size)
	}
}

func waitKey(t *testing.T, got collector) *unit.Unit {
	t.Helper()
	for range 300 {
		if u := got.next(t); u.Key {
			if !hasParameterSets(u) {
				t.Error("a key unit does not begin with SPS and PPS")
			}
			return u
		}
	}
	t.Fatal("no key came")
	return nil
}

func TestACameraThatSkipsStillGivesAPictureASecond(t *testing.T) {
	c, got := testCamera(t, nil)
	start(t, c)
	videoFor(t, got, 300*time.Millisecond)
	c.SetSkip(true)
	eventually(t, "pictures left out", func() bool { return c.Stats().Skipped > 10 })
	for len(got) > 0 {
		<-got
	}
	a, b := got.next(t), got.next(t)
	if gap := b.PTS - a.PTS; gap < 900*time.Millisecond {
		t.Errorf("pictures are %v apart while skipping", gap)
	}
	c.SetSkip(false)
	units := videoFor(t, got, time.Second)
	for _, u := range units {
		if u.Key {
			t.Error("skipping cost a key frame")
		}
	}
	if len(units) < 5 {
		t.Errorf("only %d pictures in the second after skipping", len(units))
	}
}

func TestAKilledCameraIsReportedAndTheNextOneKeepsItsWishes(t *testing.T) {
	c, got := testCamera(t, nil)
	ended := start(t, c)
	before := videoFor(t, got, 300*time.Millisecond)
	c.SetSize(0, 120, 0)
	if err := syscall.Kill(c.Stats().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if took, err := wait(t, ended); !errors.Is(err, ErrCrashed) || took > prompt {
		t.Errorf("Run returned %v after %v", err, took)
	}
	last := before[len(before)-1].PTS
	for len(got) > 0 {
		last = (<-got).PTS
	}
	start(t, c)
	u := got.next(t)
	if !hasParameterSets(u) || u.PTS <= last {
		t.Errorf("the next camera begins at %v (key %v) after %v", u.PTS, u.Key, last)
	}
	if size := decodedSize(t, []*unit.Unit{u}); size != [2]int{160, 120} {
		t.Errorf("the next camera's size is %v", size)
	}
	if s := c.Stats(); s.Restarts != 1 {
		t.Errorf("stats: %+v", s)
	}
}

func TestAStoppedCameraIsSeenAndKilled(t *testing.T) {
	c, got := testCamera(t, nil)
	ended := start(t, c)
	got.next(t)
	pid := c.Stats().PID
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if took, err := wait(t, ended); !errors.Is(err, ErrHung) || took > prompt {
		t.Errorf("Run returned %v after %v", err, took)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the worker is still there: %v", err)
	}
}

// lastState keeps the latest report.
type lastState struct {
	mu    sync.Mutex
	state CameraState
	seen  bool
}

func (l *lastState) put(s CameraState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state, l.seen = s, true
}

func (l *lastState) get() (CameraState, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, l.seen
}

func TestWhatACameraLacksIsToldByNameWhileItRuns(t *testing.T) {
	c, got := testCamera(t, nil)
	var state lastState
	c.OnState = state.put
	start(t, c)
	got.next(t)
	eventually(t, "a first report", func() bool {
		s, seen := state.get()
		return seen && strings.Contains(s.Format, "video/x-raw") && s.Width == 320 && s.Height == 240 && s.FPS == 30
	})
	if s, _ := state.get(); len(s.Lacks) != 0 {
		t.Errorf("nothing was asked for, but it lacks %q", s.Lacks)
	}
	c.Tune(Tuning{Shutter: 10 * time.Millisecond, Kelvin: 5000})
	eventually(t, "two lines of what it lacks", func() bool {
		s, _ := state.get()
		return len(s.Lacks) == 2 && strings.HasPrefix(s.Lacks[0], "shutter") && strings.HasPrefix(s.Lacks[1], "white balance")
	})
}

// Where no sound card is, or no element for it, the picture goes on and the
// reason is told.
func TestAMicrophoneThatIsMissingDoesNotEndThePicture(t *testing.T) {
	c, got := testCamera(t, func(cfg *CameraConfig) { cfg.Microphone, cfg.MicDevice = ALSA, "hw:97,0" })
	var state lastState
	c.OnState = state.put
	start(t, c)
	eventually(t, "the reason of the silence", func() bool {
		s, _ := state.get()
		return s.Silent != ""
	})
	s, _ := state.get()
	t.Logf("silent: %s", s.Silent)
	for range 10 {
		if u := got.next(t); u.Track != unit.Video {
			t.Error("sound came")
		}
	}
}

func TestACameraThatIsNotThereIsToldInOneLine(t *testing.T) {
	for _, tt := range []struct {
		kind   SourceKind
		device string
		want   string
	}{
		{USB, "/dev/video97", "/dev/video97"},
		{HDMI, "/dev/video97", "/dev/video97"},
		{CSI, "", ""}, // the element or the camera is missing here
	} {
		c, _ := testCamera(t, func(cfg *CameraConfig) { cfg.Kind, cfg.Device = tt.kind, tt.device })
		_, err := wait(t, launch(t, c))
		t.Logf("%s: %v", tt.kind, err)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrCrashed) {
			t.Errorf("%s: %v", tt.kind, err)
		}
	}
}

// A child that answers but gives no picture of its camera is known too.
func TestACameraWithoutPicturesIsFoundOutInTime(t *testing.T) {
	for _, tt := range []struct {
		fps  int
		want time.Duration
	}{{0, cameraQuiet}, {1, 3 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			c := NewCamera(CameraConfig{Worker: testWorker(), Kind: TestCard, Settings: Settings{FPS: tt.fps}},
				newCollector(), slog.New(slog.DiscardHandler))
			var child sync.WaitGroup
			child.Go(func() { liveWithoutPictures(theirs) })
			began := time.Now()
			err := c.serve(t.Context(), ours, c)
			if after := time.Since(began); !errors.Is(err, ErrHung) || after < tt.want || after > tt.want+500*time.Millisecond {
				t.Errorf("serve ended after %v with %v, want %v", after, err, tt.want)
			}
			child.Wait()
		})
	}
}

// liveWithoutPictures plays a child that answers and sends sound, but no picture.
func liveWithoutPictures(conn net.Conn) {
	in, out := wire.NewReader(conn), wire.NewWriter(conn, time.Hour)
	for {
		h, err := in.Next()
		if err != nil || in.Payload(make([]byte, h.Size)) != nil {
			return
		}
		if h.Kind == wire.Configure {
			body, _ := json.Marshal(wire.Hello{Version: wire.Version})
			_ = out.Send(wire.Header{Kind: wire.Ready}, body) // the box may be gone
			continue
		}
		_ = out.Send(wire.Header{Kind: wire.Pong}, nil)
		_ = out.Send(wire.Header{Kind: wire.Unit, Flags: wire.Sound}, []byte{1})
	}
}
