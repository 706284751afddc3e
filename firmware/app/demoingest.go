package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
	"studiobox/firmware/health"
	"studiobox/firmware/run"
	"studiobox/uplink/ingesttest"
)

const (
	demoPath = "live"
	// delayFor is how long one reading of the delay stays on the page.
	delayFor = 2 * time.Second
)

// demoIngest is the far end of the demo: it receives the show, and reads the
// true delay from the picture itself.
type demoIngest struct {
	server   *ingesttest.Server
	address  string
	decoder  *gst.Decoder
	keeper   run.Keeper
	tile     unit.Sink // the page's second tile
	watchers atomic.Pointer[unit.Sink]

	delayMs atomic.Int64
	readAt  atomic.Int64 // Unix ms of the last reading
}

func newDemoIngest(line *demoLine, log *slog.Logger) (*demoIngest, error) {
	listener, err := line.listen()
	if err != nil {
		return nil, fmt.Errorf("demo ingest: %w", err)
	}
	i := &demoIngest{address: listener.Addr().String()}
	i.server = ingesttest.New(ingesttest.Config{Listener: listener})
	i.server.OnUnit = i.take
	i.decoder = gst.NewDecoder(gst.DecoderConfig{Worker: worker(os.TempDir()), Codec: unit.H264, Width: 640, Height: 360},
		i.read, log.With("part", "ingest"))
	i.keeper = run.Keeper{Name: "ingest decoder", Log: log}
	return i, nil
}

func (i *demoIngest) url() string {
	return "rtsp://" + i.address + "/" + demoPath
}

// Run serves until ctx ends.
func (i *demoIngest) Run(ctx context.Context) error {
	return run.Together(ctx, stopWithin,
		run.Part{Name: "server", Run: i.server.Run},
		run.Part{Name: "decoder", Run: func(ctx context.Context) error { return i.keeper.Run(ctx, i.decoder.Run) }},
	)
}

func (i *demoIngest) take(_ string, u *unit.Unit) {
	i.tile.Put(u)
	if watcher := i.watchers.Load(); watcher != nil {
		(*watcher).Put(u)
	}
	if u.Track == unit.Video {
		i.decoder.Put(u)
	}
}

// read takes the camera's own clock out of the decoded picture. Captured is
// when the ingest had the unit, so decoding does not count.
func (i *demoIngest) read(f gst.Frame) {
	marker, ok := testcam.ReadMarker(f.I420, f.Width, f.Height)
	if !ok {
		return
	}
	i.delayMs.Store(f.Captured.Sub(marker.Time).Milliseconds())
	i.readAt.Store(time.Now().UnixMilli())
}

func (i *demoIngest) part() *health.IngestPart {
	stats := i.server.Stats()
	part := &health.IngestPart{Publishing: stats.Publishing, Kbps: stats.Kbps, FPS: stats.FPS, DelayMs: -1}
	if time.Since(time.UnixMilli(i.readAt.Load())) < delayFor {
		part.DelayMs = int(i.delayMs.Load())
	}
	return part
}
