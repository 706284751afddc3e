package gcc

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/rtspcam"
	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
)

// These make the test binary run as the GStreamer worker, or tell what it lacks.
const (
	workerVar = "STUDIOBOX_TEST_GCC_WORKER"
	lacksVar  = "STUDIOBOX_TEST_GCC_LACKS"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(workerVar) != "":
		os.Exit(gst.WorkerMain())
	case os.Getenv(lacksVar) != "":
		printLacks()
	default:
		os.Exit(m.Run())
	}
}

// printLacks looks for the encoder. It loads GStreamer, which is why a process
// of its own does it.
func printLacks() {
	for _, part := range gst.Parts() {
		if part.Name == "x264enc" && !part.Found {
			fmt.Print(part.Package)
		}
	}
}

// needGStreamer skips where a part of GStreamer is missing, and says which.
func needGStreamer(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED, needs a real encoder: run without -short")
	}
	look := exec.Command(os.Args[0])
	look.Env = append(os.Environ(), lacksVar+"=1")
	lacks, err := look.Output()
	if err != nil || len(lacks) > 0 {
		t.Skipf("SKIPPED, needs GStreamer's x264enc: apt install %s (%v)", lacks, err)
	}
}

// far is a receiver that writes down what came.
type far struct {
	mu        sync.Mutex
	decodable int
	keys      int
	bytes     int
}

func (f *far) take(u *unit.Unit, _ time.Time, decodable bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes += u.Size()
	if decodable {
		f.decodable++
	}
	if u.Key && u.NALUs[0][0]&naluType == naluSPS {
		f.keys++
	}
}

func (f *far) counts() (decodable, keys int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.decodable, f.keys
}

// begin runs parts until the test's end.
func begin(t *testing.T, parts ...func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, part := range parts {
		running.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); running.Wait() })
}

func TestABoxCarriesACameraToTheReceiverAndTellsItsTarget(t *testing.T) {
	needGStreamer(t)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	worker := gst.Worker{Command: []string{os.Args[0]}, Env: []string{workerVar + "=1"}}
	camera, err := testcam.New(testcam.Config{Width: 320, Height: 184, FPS: 15, Worker: worker}, log)
	if err != nil {
		t.Fatal(err)
	}
	begin(t, camera.Run)
	<-camera.Ready()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	f := &far{}
	receiver := NewReceiver(socket)
	receiver.OnUnit = f.take
	begin(t, receiver.Run)

	stats := &buffer{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- RunBox(ctx, BoxConfig{
			Camera: rtspcam.Config{URL: camera.URL(testcam.Main), Epoch: time.Now()},
			Remote: socket.LocalAddr().String(), Limits: testLimits, Worker: worker, Stats: stats,
		}, log)
	}()
	wait(t, "60 pictures that can be decoded", 2*patience, func() bool { n, _ := f.counts(); return n >= 60 })
	if _, keys := f.counts(); keys == 0 {
		t.Error("no key picture with its parameter sets")
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("the box does not end")
	}
	checkRecord(t, stats.String())
}

// checkRecord reads the box's record as the bench does.
func checkRecord(t *testing.T, record string) {
	t.Helper()
	var last time.Time
	count, connected := 0, false
	for lines := bufio.NewScanner(strings.NewReader(record)); lines.Scan(); count++ {
		var line struct {
			Time       time.Time `json:"time"`
			TargetKbps int       `json:"targetKbps"`
			Connected  bool      `json:"connected"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		if line.TargetKbps < testLimits.FloorKbps || line.TargetKbps > testLimits.CeilingKbps || !line.Time.After(last) {
			t.Errorf("line %d: %q", count, lines.Text())
		}
		last, connected = line.Time, line.Connected
	}
	if count < 20 || !connected {
		t.Errorf("%d lines, connected at the end: %v", count, connected)
	}
}

// buffer can be written and read at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Write(p) }
func (b *buffer) String() string              { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

func TestABoxSaysWhatIsWrongWithItsSettings(t *testing.T) {
	for name, cfg := range map[string]BoxConfig{
		"no camera": {Remote: "127.0.0.1:9"},
		"no remote": {Camera: rtspcam.Config{URL: "rtsp://127.0.0.1/x"}},
	} {
		if err := RunBox(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestACameraThatComesBackBeginsWithAKeyPicture(t *testing.T) {
	fed := &feed{}
	s := &source{transcoder: fed}
	for _, u := range []*unit.Unit{{}, {Key: true}, {}, {Track: unit.Audio}} {
		s.Put(u)
	}
	s.begin(unit.Media{})
	for _, u := range []*unit.Unit{{}, {Key: true}, {}} {
		s.Put(u)
	}
	if want := "prime key put prime key put "; fed.log != want {
		t.Errorf("the transcoder got %q, want %q", fed.log, want)
	}
}

// feed writes down what a transcoder is given.
type feed struct{ log string }

func (f *feed) Prime([]*unit.Unit) { f.log += "prime " }
func (f *feed) Put(u *unit.Unit) {
	if u.Key {
		f.log += "key "
	} else {
		f.log += "put "
	}
}
