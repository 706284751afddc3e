package app

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"studiobox/encoder/gst"
	"studiobox/encoder/rtspcam"
	"studiobox/encoder/unit"
	"studiobox/uplink/rate"
)

// ownTestCamera is a test picture that is coded on this machine, at work until the
// test ends.
func ownTestCamera(t *testing.T, line string) *ownCamera {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real encoder: run without -short")
	}
	worker := gst.Worker{Command: []string{os.Args[0], "-test.run=^TestStreamsWorkerProcess$"}, Env: []string{"STREAMS_WORKER=1"}}
	cfg := streamsConfig{Camera: rtspcam.Config{URL: line, Epoch: time.Now()}}
	camera, err := newFilming(cfg, worker, unit.SinkFunc(func(*unit.Unit) {}), func(unit.Media) {}, func(error) {}, newLogger("error"))
	if err != nil {
		t.Fatal(err)
	}
	own := camera.(*ownCamera)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = own.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	await(t, "the camera does not tell what it gives", func() bool { width, _, _ := own.camera.Source(); return width > 0 })
	return own
}

// width is of what is coded, 0 until known.
func (c *ownCamera) width() int {
	var sps h264.SPS
	if sps.Unmarshal(c.Stats().Media.Video.SPS) != nil {
		return 0
	}
	return sps.Width()
}

func TestACameraOnTheBoxIsCodedSmallerWhileTheLineIsNarrow(t *testing.T) {
	c := ownTestCamera(t, "test: 1280x720@30")
	await(t, "no picture at full size", func() bool { return c.width() == 1280 })
	now := time.Now()
	steer := func(kbps int, lasts time.Duration) {
		for end := now.Add(lasts); now.Before(end); now = now.Add(rateTick) {
			c.follow(now, rate.Decision{}, kbps, false)
		}
	}
	steer(3000, 2*time.Second)
	if c.width() != 1280 {
		t.Errorf("%d wide on a line that carries all", c.width())
	}
	steer(250, 10*time.Second)
	await(t, "the picture stays large on a narrow line", func() bool { return c.width() > 0 && c.width() < 1000 })
	if width, height, fps := c.camera.Source(); width != 1280 || height != 720 || fps != 30 {
		t.Errorf("the camera itself gives %dx%d at %d", width, height, fps)
	}
	c.rest()
	await(t, "between shows the picture stays small", func() bool { return c.width() == 1280 })
}
