// Package ingesttest is an ingest in a box: an RTSP server that takes RECORD
// sessions, turns their packets back into units, and can stall, slow down,
// reset and refuse on demand.
package ingesttest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"

	"studiobox/encoder/unit"
)

// Config says what the ingest accepts.
type Config struct {
	// Listener is where publishers connect; Run closes it. Nil means that
	// Run listens on Address.
	Listener net.Listener
	// Address is host:port, "127.0.0.1:0" when empty.
	Address string
	// ReadBuffer bounds the receive buffer of each connection in bytes, so
	// that a stall reaches the publisher soon. 0 leaves it to the kernel.
	ReadBuffer int

	// TLS makes the ingest speak rtsps.
	TLS *tls.Config
	// User and Password are asked for when User is not empty.
	User, Password string
	// Paths are the paths that exist, without leading slash; nil allows all.
	Paths []string
	// RefuseCodecs are answered with 415 Unsupported Media Type.
	RefuseCodecs []unit.Codec

	// UDP offers RTP over UDP beside interleaved TCP (not with TLS).
	UDP bool
	// ListenPacket makes the UDP sockets; nil is net.ListenPacket.
	ListenPacket func(network, address string) (net.PacketConn, error)

	// SingleSession refuses a second publisher on a path. Otherwise the newer
	// one takes the path over, as most ingests do.
	SingleSession bool
}

// Server is the ingest. Set the callbacks before Run; they are called from the
// goroutine that reads the connection and must not block.
type Server struct {
	// OnMedia hears what a publisher announced when it starts to record.
	OnMedia func(path string, media unit.Media)
	// OnUnit gets each unit in arrival order. PTS counts from the session's
	// first unit, Captured is the arrival of the unit's last packet.
	OnUnit func(path string, u *unit.Unit)
	// OnEnd hears that a publisher is gone.
	OnEnd func(path string)

	cfg   Config
	gate  *gate
	ready chan struct{}

	mu       sync.Mutex
	host     string // host:port of the listener
	sessions map[*gortsplib.ServerSession]*session
	stats    Stats
	meter    meter
}

// Stats is what the ingest has seen since it was made.
type Stats struct {
	Connections int    // accepted so far
	Sessions    int    // that reached RECORD
	Publishing  bool   // one records now
	VideoUnits  uint64 // complete access units
	AudioUnits  uint64
	Bytes       uint64 // payload of all units
	LostPackets uint64 // by sequence number
	BadPackets  uint64 // could not be depacketised
	Kbps        int    // over the last second, audio and video
	FPS         float64
	LastUnit    time.Time
	Teardowns   int // requests, for whatever session
}

// New makes an ingest that Run will open.
func New(cfg Config) *Server {
	if cfg.Address == "" {
		cfg.Address = "127.0.0.1:0"
	}
	if cfg.ListenPacket == nil {
		cfg.ListenPacket = net.ListenPacket
	}
	return &Server{
		cfg:      cfg,
		gate:     newGate(cfg.ReadBuffer),
		ready:    make(chan struct{}),
		sessions: map[*gortsplib.ServerSession]*session{},
	}
}

// Run serves until ctx ends, which is no error. A server runs once.
func (s *Server) Run(ctx context.Context) error {
	listener, err := s.listen(ctx)
	if err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	defer listener.Close()
	s.gate.Listener = listener

	rtsp := &gortsplib.Server{
		Handler:     (*handler)(s),
		RTSPAddress: listener.Addr().String(),
		TLSConfig:   s.cfg.TLS,
		Listen:      func(string, string) (net.Listener, error) { return s.gate, nil },
	}
	if s.cfg.UDP {
		ports, err := newPortPair(s.cfg.ListenPacket, listener.Addr())
		if err != nil {
			return fmt.Errorf("ingest: %w", err)
		}
		rtsp.UDPRTPAddress, rtsp.UDPRTCPAddress = ports.addresses()
		rtsp.ListenPacket = ports.take
		defer ports.close()
	}
	if err := rtsp.Start(); err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	s.mu.Lock()
	s.host = listener.Addr().String()
	s.mu.Unlock()
	close(s.ready)

	ended := make(chan error, 1)
	go func() { ended <- rtsp.Wait() }()
	select {
	case <-ctx.Done():
		s.gate.open() // a stalled reader would never see the end
		rtsp.Close()
		<-ended
		return nil
	case err := <-ended:
		return fmt.Errorf("ingest: %w", err)
	}
}

func (s *Server) listen(ctx context.Context) (net.Listener, error) {
	if s.cfg.Listener != nil {
		return s.cfg.Listener, nil
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Address)
}

// Ready is closed once publishers can connect.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Addr is the host:port where publishers connect. It is known once Ready is
// closed.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.host
}

// URL is where to publish to the path, with credentials when the ingest wants
// some. It is known once Ready is closed.
func (s *Server) URL(path string) string {
	u := url.URL{Scheme: "rtsp", Host: s.Addr(), Path: "/" + strings.TrimPrefix(path, "/")}
	if s.cfg.TLS != nil {
		u.Scheme = "rtsps"
	}
	if s.cfg.User != "" {
		u.User = url.UserPassword(s.cfg.User, s.cfg.Password)
	}
	return u.String()
}

// Stats is a copy of the present figures.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Connections = s.gate.accepted()
	stats.Kbps, stats.FPS = s.meter.read(time.Now())
	for _, session := range s.sessions {
		stats.Publishing = stats.Publishing || session.recording
	}
	return stats
}
