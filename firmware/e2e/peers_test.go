package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
)

// background runs something until the test ends.
func background(t *testing.T, name string, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s did not end", name)
		}
	})
	t.Cleanup(stop)
	return stop
}

// startCamera is a virtual camera in this process. A small picture keeps two
// cores free for what is tested.
func startCamera(t *testing.T, cfg testcam.Config) *testcam.Camera {
	t.Helper()
	cfg.Worker = testWorker()
	if cfg.Width == 0 {
		cfg.Width, cfg.Height = 640, 360
	}
	if cfg.FPS == 0 {
		cfg.FPS = 25
	}
	if cfg.Kbps == 0 {
		cfg.Kbps = 2000
	}
	camera, err := testcam.New(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	background(t, "camera", camera.Run)
	await(t, "camera", camera.Ready())
	return camera
}

func await(t *testing.T, what string, ready <-chan struct{}) {
	t.Helper()
	select {
	case <-ready:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s is not ready after 10 s", what)
	}
}

// arrival is one unit as the ingest got it.
type arrival struct {
	at  time.Time
	pts time.Duration
	key bool
}

// ingest is a real RTSP server in this process that notes when what arrived.
type ingest struct {
	*ingesttest.Server
	mutex    sync.Mutex
	video    []arrival
	audio    int
	watchers []unit.Sink
}

func startIngest(t *testing.T, cfg ingesttest.Config) *ingest {
	t.Helper()
	i, run := newIngest(cfg)
	background(t, "ingest", run)
	await(t, "ingest", i.Ready())
	return i
}

func newIngest(cfg ingesttest.Config) (*ingest, func(context.Context) error) {
	i := &ingest{Server: ingesttest.New(cfg)}
	i.OnUnit = i.take
	return i, i.Run
}

func (i *ingest) take(_ string, u *unit.Unit) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if u.Track == unit.Audio {
		i.audio++
	} else {
		i.video = append(i.video, arrival{u.Captured, u.PTS, u.Key})
	}
	for _, w := range i.watchers {
		w.Put(u)
	}
}

func (i *ingest) watch(sink unit.Sink) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.watchers = append(i.watchers, sink)
}

// firstAfter is when the first picture after a moment arrived; it waits for it.
func (i *ingest) firstAfter(t *testing.T, moment time.Time, within time.Duration) time.Time {
	t.Helper()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if at, ok := i.find(moment); ok {
			return at
		}
		time.Sleep(5 * time.Millisecond) // real sockets: there is no virtual clock here
	}
	t.Fatalf("no picture at the ingest within %v", within)
	return time.Time{}
}

func (i *ingest) find(moment time.Time) (time.Time, bool) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	for n := len(i.video) - 1; n >= 0; n-- {
		if !i.video[n].at.After(moment) {
			if n+1 < len(i.video) {
				return i.video[n+1].at, true
			}
			return time.Time{}, false
		}
	}
	if len(i.video) > 0 {
		return i.video[0].at, true
	}
	return time.Time{}, false
}

// sight is what a viewer of the ingest sees: decoded pictures with the marker
// that the camera painted into them.
type sight struct {
	at     time.Time // when the ingest had the picture
	marker testcam.Marker
	marked bool
	luma   float64
	angle  float64
	seen   bool // the table's mark was found
}

// viewer decodes what arrives at an ingest.
type viewer struct {
	mutex  sync.Mutex
	sights []sight
}

func startViewer(t *testing.T, i interface{ watch(unit.Sink) }) *viewer {
	t.Helper()
	v := &viewer{}
	decoder := gst.NewDecoder(gst.DecoderConfig{Worker: testWorker(), Codec: unit.H264, Width: 640, Height: 360}, v.look, quiet())
	background(t, "viewer", decoder.Run)
	i.watch(unit.SinkFunc(func(u *unit.Unit) {
		if u.Track == unit.Video {
			decoder.Put(u)
		}
	}))
	return v
}

func (v *viewer) look(f gst.Frame) {
	s := sight{at: f.Captured, luma: testcam.MeanLuma(f.I420, f.Width, f.Height)}
	s.marker, s.marked = testcam.ReadMarker(f.I420, f.Width, f.Height)
	s.angle, s.seen = testcam.MarkerAngle(f.I420, f.Width, f.Height)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.sights = append(v.sights, s)
}

// since is what was seen after a moment.
func (v *viewer) since(moment time.Time) []sight {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	for n, s := range v.sights {
		if s.at.After(moment) {
			return append([]sight(nil), v.sights[n:]...)
		}
	}
	return nil
}

// boxFile writes a box.toml for a simulated board.
func boxFile(t *testing.T, camera, ingest, more string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "box.toml")
	text := fmt.Sprintf("[box]\nid = \"SB-E2E001\"\ntenant = \"test\"\nboard = \"sim\"\ndata_dir = %q\n[camera]\nurl = %q\ntransport = \"tcp\"\n[uplink]\nurl = %q\n[panel]\nlisten = \"127.0.0.1:0\"\n[limits]\nmin_disk_mb = 1\n%s",
		dir, camera, ingest, more)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func pause(d time.Duration) { time.Sleep(d) } // real processes: there is no virtual clock here
