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

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
)

// peers are the camera, the ingest and a lamp's dimmer on the host, and a page on
// which the player in the machine reads what has arrived.
type peers struct {
	cameraURL, ingestURL, factsURL string
	dimmer                         *dimmer

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

func openPeers() (p *peers, err error) {
	cam, err := openCamera()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			cam.server.Close()
		}
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	facts, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("facts of the peers: %w", err), listener.Close())
	}
	dimmer, err := openDimmer()
	if err != nil {
		return nil, errors.Join(err, listener.Close(), facts.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	p = &peers{
		cameraURL: cam.url, ingestURL: "rtsp://" + inGuest(listener) + "/live", factsURL: "http://" + inGuest(facts),
		dimmer: dimmer, cancel: cancel,
	}
	ingest, film := ingesttest.New(ingesttest.Config{Listener: listener}), &film{}
	ingest.OnMedia = func(string, unit.Media) { film.cut() }
	ingest.OnUnit = func(_ string, u *unit.Unit) { film.put(u) }
	page := &http.Server{ReadHeaderTimeout: time.Second, Handler: factsPage(ingest, dimmer, film)}
	p.running.Go(func() { _ = cam.run(ctx) })
	p.running.Go(func() { _ = ingest.Run(ctx) })
	p.running.Go(func() { _ = dimmer.run(ctx) })
	p.running.Go(func() { _ = page.Serve(facts) })
	context.AfterFunc(ctx, func() { _ = page.Close() })
	return p, nil
}

// factsPage shows what has arrived as JSON.
func factsPage(ingest *ingesttest.Server, dimmer *dimmer, film *film) http.Handler {
	page := http.NewServeMux()
	page.HandleFunc("GET /ingest", func(w http.ResponseWriter, _ *http.Request) {
		s := ingest.Stats()
		_ = json.NewEncoder(w).Encode(arrived{s.VideoUnits, s.Sessions, s.Publishing, s.Kbps, s.FPS})
	})
	page.HandleFunc("GET /dimmer", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(dimmer.facts(time.Now(), r.URL.Query().Has("clear")))
	})
	page.HandleFunc("GET /film", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("clear") {
			film.cut()
		}
		facts, err := film.develop(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(facts)
	})
	return page
}

func (p *peers) close() {
	p.cancel()
	p.running.Wait()
}
