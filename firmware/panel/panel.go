// Package panel is the box's own web page: what the studio sees and steers from a phone on its network.
package panel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"studiobox/encoder/unit"
	"studiobox/firmware/health"
)

// closeGrace is how long requests under way may take once the page ends.
const closeGrace = 300 * time.Millisecond

// Config is what the page must be told once.
type Config struct {
	// Listener takes browsers, and their video over TCP where UDP is blocked.
	// Run closes it.
	Listener net.Listener
	// OpenLocal lets browsers on this same machine in without a press of the
	// button. It is for the demo.
	OpenLocal bool
	// Hosts are further names under which the page may be asked for. Addresses,
	// localhost, names without a dot and names in .local always may.
	Hosts []string
	// Text is a condition's or refusal's title and mend in "ja", "en" or "zh".
	// Empty strings mean that the code is unknown.
	Text func(code, lang string) (title, mend string)
}

// Snapshotter hands out the one picture of the box.
type Snapshotter interface {
	Snapshot() *health.Snapshot
	// Changed returns a channel that is closed once there is a newer picture
	// than the present one.
	Changed() <-chan struct{}
}

// Presser is the go-live button as the page presses it. Both calls return at once.
type Presser interface {
	PressDown()
	PressUp()
}

// Stopper ends the show at once, without a hold.
type Stopper interface {
	Stop()
}

// Studio is what moves and shines. Errors are shown in the log only.
type Studio interface {
	SetTurntable(degPerS float64) // 0 stops it
	TurnBy(deg float64)
	SetLight(level float64) // 0 to 1, perceived
}

// Line is the demo's emulated line; 0 kbit/s cuts it.
type Line interface {
	SetLineKbps(kbps int)
}

// RemoteStart records whether the business allows a start from afar.
type RemoteStart interface {
	AllowRemoteStart(allowed bool)
}

// Deps are the parts of the box that the page reads and steers. Studio, Line
// and RemoteStart may be nil: the page then answers that they are not fitted.
type Deps struct {
	Snapshots   Snapshotter
	Presser     Presser
	Stopper     Stopper
	Studio      Studio
	Line        Line
	RemoteStart RemoteStart
}

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
