package app

import (
	"context"
	"errors"
	"math"
	"os"
	"sync"
	"testing"
	"time"

	"studiobox/encoder/greycard"
	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// filmed is a stream of one colour, coded as a camera does, that goes to a taker
// until the test ends.
func filmed(t *testing.T, r, g, b float64) *pictureTaker {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real encoder: run without -short")
	}
	worker := gst.Worker{Command: []string{os.Args[0], "-test.run=^TestStreamsWorkerProcess$"}, Env: []string{"STREAMS_WORKER=1"}}
	p := &pictureTaker{worker: worker, log: newLogger("error"), next: unit.SinkFunc(func(*unit.Unit) {}), askKey: func() {}}
	var mu sync.Mutex
	var video unit.Format
	p.video = func() unit.Format { mu.Lock(); defer mu.Unlock(); return video }
	encoder := gst.NewEncoder(gst.EncoderConfig{
		Worker: worker, Backend: gst.X264, Width: 320, Height: 180, FPS: 10, Kbps: 800, KeyInterval: time.Hour,
	}, unit.SinkFunc(func(u *unit.Unit) {
		mu.Lock()
		for _, nalu := range u.NALUs {
			if nalu[0]&0x1f == 7 {
				video = unit.Format{Codec: unit.H264, SPS: nalu}
			}
		}
		mu.Unlock()
		p.Put(u)
	}), newLogger("error"))
	p.askKey = encoder.ForceKey
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = encoder.Run(ctx) })
	running.Go(func() {
		epoch := time.Now()
		for ctx.Err() == nil {
			encoder.PutFrame(time.Since(epoch), time.Now(), plain(r, g, b).I420)
			time.Sleep(100 * time.Millisecond)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	await(t, "no stream came of the encoder", func() bool { return p.video().Codec == unit.H264 })
	return p
}

func TestAPictureIsTakenOfWhatTheCameraSendsInItsColours(t *testing.T) {
	p := filmed(t, 0.42, 0.18, 0.09)
	for range 2 { // a second one begins anew
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		picture, err := p.take(ctx, time.Now(), true)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if picture.Width != 320 || picture.Height != 180 || picture.Coding != (greycard.Coding{}) {
			t.Errorf("%dx%d, %+v; a stream of this box's encoder says BT.709", picture.Width, picture.Height, picture.Coding)
		}
		patch, err := greycard.Measure(picture, greycard.Centre())
		if err != nil {
			t.Fatal(err)
		}
		if off := max(math.Abs(patch.R-0.42), math.Abs(patch.G-0.18), math.Abs(patch.B-0.09)); off > 0.02 {
			t.Errorf("measured %+v", patch)
		}
	}
	if p.decoder != nil {
		t.Error("units still go to a decoder")
	}
}

func TestWithoutPicturesNoneIsTakenAndTheWaitEnds(t *testing.T) {
	p := &pictureTaker{
		worker: gst.Worker{Command: []string{os.Args[0], "-test.run=^TestStreamsWorkerProcess$"}, Env: []string{"STREAMS_WORKER=1"}},
		log:    newLogger("error"), askKey: func() {}, video: func() unit.Format { return unit.Format{} },
	}
	if _, err := p.take(t.Context(), time.Now(), true); !errors.Is(err, errNoPicture) {
		t.Errorf("without a stream: %v", err)
	}
	p.video = func() unit.Format { return unit.Format{Codec: unit.H264} }
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := p.take(ctx, time.Now(), true); !errors.Is(err, errNoPicture) {
		t.Errorf("a camera that is silent: %v", err)
	}
	p.worker.Command = []string{"/bin/false"}
	if _, err := p.take(t.Context(), time.Now(), true); !errors.Is(err, errNoPicture) || !errors.Is(err, gst.ErrCrashed) {
		t.Errorf("a decoder that dies: %v", err)
	}
}

func TestUnitsGoOnToThePageWhetherAPictureIsTakenOrNot(t *testing.T) {
	n := 0
	p := &pictureTaker{next: unit.SinkFunc(func(*unit.Unit) { n++ })}
	p.Put(&unit.Unit{})
	p.feed(gst.NewDecoder(gst.DecoderConfig{Codec: unit.H264}, func(gst.Frame) {}, newLogger("error")), time.Now())
	p.Put(&unit.Unit{Captured: time.Now()})
	if n != 2 {
		t.Errorf("%d of 2 units went on", n)
	}
}
