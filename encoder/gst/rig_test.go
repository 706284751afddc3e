package gst

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// These make the test binary run as a worker, or as a box with a worker.
const (
	workerVar = "STUDIOBOX_TEST_GST_WORKER"
	boxVar    = "STUDIOBOX_TEST_GST_BOX"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(workerVar) == "1":
		os.Exit(WorkerMain())
	case os.Getenv(boxVar) == "1":
		runBox()
	default:
		os.Exit(m.Run())
	}
}

// runBox keeps an idle worker, says its process id, and never ends.
func runBox() {
	d := NewDecoder(DecoderConfig{Worker: testWorker(boxVar + "=0"), Codec: unit.H264},
		func(Frame) {}, slog.New(slog.DiscardHandler))
	go func() {
		for !d.Ready() {
			time.Sleep(5 * time.Millisecond)
		}
		fmt.Println(d.Stats().PID)
	}()
	fmt.Fprintln(os.Stderr, d.Run(context.Background()))
}

// testWorker is the test binary as a worker, with more environment.
func testWorker(env ...string) Worker {
	return Worker{Command: []string{os.Args[0]}, Env: append([]string{workerVar + "=1"}, env...)}
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// patience is how long a test waits for what must happen; machines that build
// other things at the same time are slow.
const patience = 20 * time.Second

// runner is what all three jobs are.
type runner interface {
	Run(context.Context) error
	Ready() bool
	Stats() Stats
}

// start runs r until the test ends, and waits until its child is ready. The
// channel gets what Run returns.
func start(t testing.TB, r runner) <-chan error {
	t.Helper()
	ended := launch(t, r)
	waitReady(t, r)
	return ended
}

func launch(t testing.TB, r runner) <-chan error {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() {
		err := r.Run(ctx)
		if ctx.Err() == nil {
			t.Logf("Run returned: %v", err) // says why when a test waits in vain
		}
		ended <- err
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return ended
}

func waitReady(t testing.TB, r runner) {
	t.Helper()
	eventually(t, "a ready worker", r.Ready)
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// collector is a sink that hands units on to the test.
type collector chan *unit.Unit

func newCollector() collector { return make(collector, 4096) }

func (c collector) Put(u *unit.Unit) { c <- u }

// next waits for one unit.
func (c collector) next(t testing.TB) *unit.Unit {
	t.Helper()
	select {
	case u := <-c:
		return u
	case <-time.After(patience):
		t.Fatalf("no unit came out within %v", patience)
		return nil
	}
}

// take waits for n units.
func (c collector) take(t testing.TB, n int) []*unit.Unit {
	t.Helper()
	units := make([]*unit.Unit, 0, n)
	for range n {
		units = append(units, c.next(t))
	}
	return units
}

// scene draws picture i of a moving, noisy scene, which costs bits to encode.
func scene(width, height, i int) []byte { return grainy(width, height, i, 24) }

// grainy is a scene with so many levels of noise.
func grainy(width, height, i, levels int) []byte {
	p := make([]byte, width*height*3/2)
	noise := uint32(i)*2654435761 + 1
	for y := range height {
		for x := range width {
			noise ^= noise << 13
			noise ^= noise >> 17
			noise ^= noise << 5
			p[y*width+x] = byte(60 + (x+y+4*i)%120 + int(noise%uint32(levels)))
		}
	}
	chroma := p[width*height:]
	for j := range chroma {
		chroma[j] = byte(110 + (j/7+i)%40)
	}
	return p
}

// flat is a picture of one luma and grey chroma.
func flat(width, height int, luma byte) []byte {
	p := make([]byte, width*height*3/2)
	for i := range p {
		p[i] = 128
		if i < width*height {
			p[i] = luma
		}
	}
	return p
}

// source is a camera's stream made for a test.
type source struct {
	width, height, fps, kbps int
	bframes                  int
	key                      time.Duration
	picture                  func(i int) []byte // nil is scene
	first                    time.Duration      // PTS of the first picture
	real                     int                // pictures per second that really come; 0 is fps
}

// make encodes n pictures, one by one, so that none is dropped. With B-frames
// the last few stay in the encoder.
func (s source) make(t testing.TB, n int) []*unit.Unit {
	t.Helper()
	if s.picture == nil {
		s.picture = func(i int) []byte { return scene(s.width, s.height, i) }
	}
	if s.real == 0 {
		s.real = s.fps
	}
	got := newCollector()
	e := NewEncoder(EncoderConfig{
		Worker: testWorker(), Backend: X264,
		Width: s.width, Height: s.height, FPS: s.fps, Kbps: s.kbps,
		KeyInterval: s.key, BFrames: s.bframes,
	}, got, testLog(t))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	waitReady(t, e)
	var units []*unit.Unit
	for i := range n {
		e.PutFrame(s.first+ptsOf(i, s.real), time.Now(), s.picture(i))
		eventually(t, "the picture to be taken", e.frames.idle)
		if i >= delay(s.bframes) {
			units = append(units, got.next(t))
		}
	}
	cancel()
	<-ended
	return units
}

// delay is how many pictures an encoder with so many B-frames holds back.
func delay(bframes int) int {
	if bframes == 0 {
		return 0
	}
	return bframes + 2
}

// ptsOf is an exact time that no coarser clock would keep.
func ptsOf(i, fps int) time.Duration {
	return time.Duration(i)*time.Second/time.Duration(fps) + time.Duration(i*7919%1000)
}

// idle tells whether nothing waits for the child.
func (f *feed) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queue.len() == 0
}

// idle tells whether nothing waits for the child.
func (f *frames) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue) == 0
}
