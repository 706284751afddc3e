package app

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"studiobox/board/sim"
	"studiobox/encoder/testcam"
	"studiobox/encoder/unit"
	"studiobox/firmware/health"
)

// newDemoCamera films the twin. Its address is taken now, since the box is told
// before the camera runs.
func newDemoCamera(twin *sim.Studio, log *slog.Logger) (*testcam.Camera, error) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo camera: %w", err)
	}
	listen := func(network, address string) (net.Listener, error) {
		if listener := first; listener != nil {
			first = nil
			return listener, nil
		}
		return net.Listen(network, address)
	}
	return testcam.New(testcam.Config{
		Address: first.Addr().String(), Listen: listen,
		Width: 1280, Height: 720, FPS: 25, Kbps: 4000, GOP: 2 * time.Second,
		Audio: unit.G711A, Scene: twin.Scene, Worker: worker(os.TempDir()),
	}, log.With("part", "testcam"))
}

// fill adds to the snapshot what only a demo knows.
func (d *Demo) fill(s *health.Snapshot) {
	s.Ingest = d.ingest.part()
	s.Line = d.line.part()
}

// Snapshot is what page, MQTT and status show.
func (d *Demo) Snapshot() *health.Snapshot { return d.box.snapshots.Snapshot() }

// WatchIngest hands every unit that arrives at the ingest to the sink too.
func (d *Demo) WatchIngest(sink unit.Sink) { d.ingest.watchers.Store(&sink) }
