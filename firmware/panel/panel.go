// Package panel is the box's own web page: what the studio sees and steers from a phone on its network.
package panel

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"studiobox/encoder/unit"
)

// closeGrace is how long requests under way may take once the page ends.
const closeGrace = 300 * time.Millisecond

// Panel is the page.
type Panel struct {
	cfg     Config
	deps    Deps
	log     *slog.Logger
	access  *access
	button  *button
	static  static
	tiles   map[string]*Preview
	peers   *peers
	streams chan struct{} // one token per open event stream
	handler http.Handler
	words   dictionary
	kinds   map[string]string // of reasons
	boot    string            // tells this run of the program from others
}

// New checks that everything needed is there. It starts nothing.
func New(cfg Config, deps Deps, log *slog.Logger) (*Panel, error) {
	if deps.Snapshots == nil || deps.Presser == nil || deps.Stopper == nil {
		return nil, errors.New("the page needs a snapshot, a button and a stop to serve: hand all three to panel.New")
	}
	if cfg.Text == nil {
		return nil, errors.New("the page needs texts for conditions: set panel.Config.Text")
	}
	pages, err := loadStatic()
	if err != nil {
		return nil, fmt.Errorf("the page's files: %w", err)
	}
	words, err := loadDictionary(pages)
	if err != nil {
		return nil, err
	}
	kinds, err := loadKinds(pages)
	if err != nil {
		return nil, err
	}
	p := &Panel{
		cfg:     cfg,
		deps:    deps,
		log:     log,
		access:  newAccess(cfg.OpenLocal),
		button:  newButton(deps.Presser),
		static:  pages,
		tiles:   map[string]*Preview{"camera": newPreview(), "ingest": newPreview()},
		peers:   newPeers(log),
		streams: make(chan struct{}, maxStreams),
		words:   words,
		kinds:   kinds,
		boot:    rand.Text(),
	}
	p.handler = p.routes()
	return p, nil
}

// Handler is the whole page: files, JSON, events and video. Video needs Run.
func (p *Panel) Handler() http.Handler { return p.handler }

// Camera takes what the camera delivers, for the first tile.
func (p *Panel) Camera() unit.Sink { return p.tiles["camera"] }

// Ingest takes what arrived at the demo's own ingest, for the second tile.
func (p *Panel) Ingest() unit.Sink { return p.tiles["ingest"] }

// OpenWindow lets the next visitor within a minute of now open a session. It
// is called when the button on the box itself is pressed.
func (p *Panel) OpenWindow(now time.Time) { p.access.openWindow(now) }

// Run serves the page on Config.Listener until ctx ends, and returns within a
// second of that: event streams and video peers end with it, and a button that
// a phone still holds is let go.
func (p *Panel) Run(ctx context.Context) error {
	if p.cfg.Listener == nil {
		return errors.New("the page has no address to serve on: set panel.Config.Listener")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	door := newDoor(p.cfg.Listener)
	if err := p.peers.open(ctx, door.media, p.cfg.OpenLocal); err != nil {
		return fmt.Errorf("the page's video: %w", err)
	}
	server := &http.Server{
		Handler:           p.handler,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	var running sync.WaitGroup
	running.Go(door.run)
	served := make(chan error, 1)
	running.Go(func() { served <- server.Serve(door.pages) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-door.failed:
	case err = <-served:
	}
	cancel()
	p.button.letGo()
	door.close()
	grace, stop := context.WithTimeout(context.Background(), closeGrace)
	defer stop()
	if server.Shutdown(grace) != nil {
		_ = server.Close() // the patient way took too long
	}
	p.peers.close()
	running.Wait()
	if err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("the page's server: %w", err)
	}
	return nil
}
