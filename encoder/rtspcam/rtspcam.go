// Package rtspcam pulls an RTSP camera and gives its pictures and sound as units
// on one timeline.
package rtspcam

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"studiobox/encoder/unit"
)

// DefaultStallAfter is the longest silence of a living camera.
const DefaultStallAfter = 1500 * time.Millisecond

// Config says which camera to pull and how.
type Config struct {
	// URL is rtsp:// or rtsps://, with user:password@ where the camera asks for it.
	URL string
	// Transport is "tcp" (the default), "udp", or "auto": UDP, and TCP when the
	// camera refuses UDP or no packet comes through.
	Transport string
	// StallAfter is how long no picture may come before the connection counts
	// as dead; 0 is DefaultStallAfter. A new connection gets firstPicture at least.
	StallAfter time.Duration
	// TLS is for rtsps; nil trusts the system's roots.
	TLS *tls.Config
	// Epoch is the instant that PTS count from; it needs a monotonic reading.
	Epoch time.Time
}

// Camera is one RTSP camera. Its func field is set before Run.
type Camera struct {
	// OnMedia can be nil. It is told what the camera sends before the first
	// unit of each connection, and again when the parameter sets change. It runs
	// on the packet path and must not block.
	OnMedia func(unit.Media)

	cfg   Config
	url   *base.URL
	sink  unit.Sink
	log   *slog.Logger
	tally tally
	// floor is the highest PTS given out so far; the next connection starts above it.
	floor time.Duration
}

// New reads the URL; it connects to nothing. Units go to sink, one at a time.
// log can be nil.
func New(cfg Config, sink unit.Sink, log *slog.Logger) (*Camera, error) {
	u, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	switch cfg.Transport {
	case "":
		cfg.Transport = "tcp"
	case "tcp", "udp", "auto":
	default:
		return nil, fmt.Errorf("camera transport %q: choose tcp, udp or auto", cfg.Transport)
	}
	if u.Scheme == "rtsps" && cfg.Transport == "udp" {
		return nil, fmt.Errorf("camera %s: rtsps needs transport tcp", u.Host)
	}
	if cfg.StallAfter <= 0 {
		cfg.StallAfter = DefaultStallAfter
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Camera{cfg: cfg, url: u, sink: sink, log: log.With("camera", u.Host)}, nil
}

// parseURL refuses what is no camera address. Its errors never hold the URL as
// it stands, since that can hold a password.
func parseURL(s string) (*base.URL, error) {
	shown := s
	if scheme, rest, found := strings.Cut(s, "://"); found {
		shown = scheme + "://" + rest[strings.LastIndex(rest, "@")+1:]
	}
	if !strings.HasPrefix(s, "rtsp://") && !strings.HasPrefix(s, "rtsps://") {
		return nil, fmt.Errorf("camera URL %q: must begin with rtsp:// or rtsps://", shown)
	}
	u, err := base.ParseURL(s)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("camera URL %q cannot be read: write rtsp://user:password@host:port/path, "+
			"with special characters of the password as %%XX", shown)
	}
	return u, nil
}

// Run pulls the camera over one connection until that fails, stalls, or ctx
// ends. Only the last is no error. Calls must not overlap.
func (c *Camera) Run(ctx context.Context) error {
	defer c.tally.disconnected()
	if err := c.pull(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("camera %s: %w", c.url.Host, err)
	}
	return nil
}

// Stats tells how the camera is doing. Counters run over all connections.
func (c *Camera) Stats() Stats { return c.tally.read(time.Now()) }
