package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"studiobox/uplink/ingesttest"
)

// peers are the camera and the ingest on the host, and a page on which the
// player in the machine reads what has arrived.
type peers struct {
	cameraURL, ingestURL, factsURL string

	cancel  context.CancelFunc
	running sync.WaitGroup
}

// arrived is what the player asks for; guest/ingest.go reads it.
type arrived struct {
	VideoUnits uint64
	Sessions   int
	Publishing bool
	Kbps       int
	FPS        float64
}

// inGuest is a listener's address as the machine sees it: qemu's user network
// shows the host's loopback there.
func inGuest(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String()) // a TCP listener's address has both
	return net.JoinHostPort("10.0.2.2", port)
}

func openPeers() (*peers, error) {
	cam, err := openCamera()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		cam.server.Close()
		return nil, fmt.Errorf("ingest: %w", err)
	}
	facts, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		cam.server.Close()
		return nil, errors.Join(fmt.Errorf("facts of the ingest: %w", err), listener.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &peers{
		cameraURL: cam.url, ingestURL: "rtsp://" + inGuest(listener) + "/live", factsURL: "http://" + inGuest(facts),
		cancel: cancel,
	}
	ingest := ingesttest.New(ingesttest.Config{Listener: listener})
	page := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := ingest.Stats()
		_ = json.NewEncoder(w).Encode(arrived{s.VideoUnits, s.Sessions, s.Publishing, s.Kbps, s.FPS})
	})}
	p.running.Go(func() { _ = cam.run(ctx) })
	p.running.Go(func() { _ = ingest.Run(ctx) })
	p.running.Go(func() { _ = page.Serve(facts) })
	context.AfterFunc(ctx, func() { _ = page.Close() })
	return p, nil
}

func (p *peers) close() {
	p.cancel()
	p.running.Wait()
}
