package testcam

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// TestMarksSurviveCodingAt300kbps sends a turning table through a real encoder
// and decoder at the least rate that a show may have, and reads every frame.
func TestMarksSurviveCodingAt300kbps(t *testing.T) {
	needGStreamer(t)
	const fps, frames = 25, 40
	start := time.UnixMilli(1_780_000_000_000)
	for _, size := range sizes {
		w, h := size[0], size[1]
		r := newTestRenderer(t, w, h)
		frame := make([]byte, SizeI420(w, h))
		angle := func(n uint32) float64 { return 40 + 2*float64(n) }
		taken := func(n uint32) time.Time {
			return start.Add(time.Duration(n) * time.Second / fps).Truncate(time.Millisecond)
		}
		lane := newLane(t, w, h, fps, 300)
		next, bytes := uint32(1), 0
		for n := uint32(1); n <= frames; n++ {
			must(t, r.Render(frame, Scene{Angle: angle(n), Light: 1, Frame: n, Time: taken(n)}))
			got, size := lane.pass(t, frame)
			bytes += size
			m, ok := ReadMarker(got, w, h)
			if !ok || m.Frame != next || !m.Time.Equal(taken(next)) {
				t.Errorf("%dx%d frame %d reads %v, %t", w, h, next, m, ok)
			}
			deg, ok := MarkerAngle(got, w, h)
			if !ok || math.Abs(math.Remainder(deg-angle(next), 360)) > 3 {
				t.Errorf("%dx%d frame %d: the table seems to stand at %.1f, %t, want %.1f", w, h, next, deg, ok, angle(next))
			}
			next++
		}
		kbps := float64(bytes) * 8 / 1000 / frames * fps
		t.Logf("%dx%d: %.0f kbit/s, %d of %d frames read", w, h, kbps, next-1, frames)
		if kbps > 450 {
			t.Errorf("%dx%d came out at %.0f kbit/s: that proves nothing about 300", w, h, kbps)
		}
	}
}

func TestAQuarterTurnShowsInDecodedFrames(t *testing.T) {
	needGStreamer(t)
	const w, h = 640, 360
	r := newTestRenderer(t, w, h)
	frame := make([]byte, SizeI420(w, h))
	lane := newLane(t, w, h, 25, 600)
	at := func(angle, light float64) (deg, luma float64) {
		must(t, r.Render(frame, Scene{Angle: angle, Light: light}))
		got, _ := lane.pass(t, frame)
		deg, ok := MarkerAngle(got, w, h)
		if !ok {
			t.Errorf("no marker at %g degrees", angle)
		}
		return deg, MeanLuma(got, w, h)
	}
	before, bright := at(10, 1)
	after, _ := at(100, 1)
	if turned := math.Remainder(after-before, 360); math.Abs(turned-90) > 3 {
		t.Errorf("a turn by 90 degrees shows as %.1f", turned)
	}
	if _, dim := at(100, 0.4); dim > bright-15 {
		t.Errorf("less light shows as %.1f after %.1f", dim, bright)
	}
}

// lane is an encoder and a decoder in a row, in lock step: one frame in, one
// frame out, so that the machine's load cannot drop any.
type lane struct {
	encoder *gst.Encoder
	decoder *gst.Decoder
	out     chan gst.Frame
	mu      sync.Mutex
	bytes   int
	pts     time.Duration
	period  time.Duration
}

func newLane(t *testing.T, w, h, fps, kbps int) *lane {
	l := &lane{out: make(chan gst.Frame, 8), period: time.Second / time.Duration(fps)}
	l.decoder = gst.NewDecoder(gst.DecoderConfig{Worker: testWorker(), Codec: unit.H264},
		func(f gst.Frame) { l.out <- f }, testLog(t))
	l.encoder = gst.NewEncoder(gst.EncoderConfig{
		Worker: testWorker(), Width: w, Height: h, FPS: fps, Kbps: kbps, KeyInterval: 10 * time.Second,
	}, unit.SinkFunc(func(u *unit.Unit) {
		l.mu.Lock()
		l.bytes += u.Size()
		l.mu.Unlock()
		l.decoder.Put(u)
	}), testLog(t))
	inBackground(t, l.encoder.Run)
	inBackground(t, l.decoder.Run)
	eventually(t, "encoder and decoder", func() bool { return l.encoder.Ready() && l.decoder.Ready() })
	return l
}

// pass sends one frame through and tells how many bytes it took on the way.
func (l *lane) pass(t *testing.T, frame []byte) (decoded []byte, size int) {
	t.Helper()
	l.encoder.PutFrame(l.pts, time.Now(), frame)
	l.pts += l.period
	select {
	case f := <-l.out:
		l.mu.Lock()
		defer l.mu.Unlock()
		size, l.bytes = l.bytes, 0
		return f.I420, size
	case <-time.After(20 * time.Second):
		t.Fatal("a frame went into encoder and decoder and none came out in 20 s")
		return nil, 0
	}
}

// inBackground runs something until the test ends, and waits for its end.
func inBackground(t *testing.T, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			t.Errorf("ended early: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited 20 s for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
