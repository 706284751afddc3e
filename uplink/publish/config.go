package publish

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
)

// DefaultMaxAge is how long video waits before it is dropped.
const DefaultMaxAge = 1200 * time.Millisecond

// Config says where to and how.
type Config struct {
	// URL is rtsp:// or rtsps://, with user:password@ when the ingest asks.
	URL string
	// Transport is "tcp" (interleaved; default) or "udp" (rtsp:// only).
	Transport string
	// TLS is for rtsps; nil trusts the system's roots.
	TLS *tls.Config
	// Dial makes the TCP connection; nil is net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// ListenPacket makes the UDP sockets, which must be *net.UDPConn; nil is
	// net.ListenPacket.
	ListenPacket func(network, address string) (net.PacketConn, error)
	// MaxAge bounds the queue; 0 is DefaultMaxAge.
	MaxAge time.Duration
	// Congestion names the TCP congestion control, such as "bbr" or "cubic";
	// "" is BBR where the kernel offers it. One that the kernel refuses is
	// noted in the log, and its default used.
	Congestion string
}

// New checks the settings; nothing is opened before Run.
func New(cfg Config, log *slog.Logger) (*Publisher, error) {
	// The parser's own errors repeat the address, password and all.
	u, err := base.ParseURL(cfg.URL)
	if err != nil || u.Host == "" {
		return nil, errors.New("ingest address: want rtsp://host/path or rtsps://host/path")
	}
	switch cfg.Transport {
	case "":
		cfg.Transport = "tcp"
	case "tcp", "udp":
	default:
		return nil, fmt.Errorf("ingest transport %q: want tcp or udp", cfg.Transport)
	}
	if cfg.Transport == "udp" && u.Scheme == "rtsps" {
		return nil, errors.New("ingest transport udp: rtsps carries media over tcp only; choose tcp, or rtsp:// where the line is private")
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.ListenPacket == nil {
		cfg.ListenPacket = net.ListenPacket
	}
	if cfg.MaxAge == 0 {
		cfg.MaxAge = DefaultMaxAge
	}
	return &Publisher{
		cfg: cfg, url: u, log: log, epoch: time.Now(),
		known: make(chan struct{}), wake: make(chan struct{}, 1), thirst: make(chan struct{}, 1),
		queue: newQueue(cfg.MaxAge),
	}, nil
}
