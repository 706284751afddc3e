package publish

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"

	"studiobox/encoder/unit"
	"studiobox/uplink/link"
)

const (
	// stepTimeout bounds every step of the handshake: dialling, TLS, and each
	// request with its answer.
	stepTimeout = 2 * time.Second
	// handshakeTimeout bounds all steps together.
	handshakeTimeout = 6 * time.Second
)

// connect opens a session. When the ingest refuses because it still holds our
// previous session, that one is torn down and the ingest asked once more.
func (p *Publisher) connect(ctx context.Context, media unit.Media) (*session, error) {
	p.askKey(time.Now()) // it comes while the handshake is under way
	s, err := p.open(ctx, media)
	if !errors.Is(err, ErrBusy) {
		return s, err
	}
	p.mu.Lock()
	stale := p.stale
	p.mu.Unlock()
	if stale == "" || p.tearDown(ctx, stale) != nil {
		return nil, err
	}
	return p.open(ctx, media)
}

// open dials and goes through OPTIONS, ANNOUNCE, SETUP and RECORD.
func (p *Publisher) open(ctx context.Context, media unit.Media) (*session, error) {
	desc, tracks, err := announce(media)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	s := newSession(p, tracks)
	s.client = p.client(bounded, s)
	if err := s.client.Start2(); err != nil {
		return nil, fmt.Errorf("RTSP client: %w", err)
	}
	stop := onEnd(bounded, s.abort)
	err = s.handshake(p.url, desc)
	stop()
	if late := bounded.Err(); late != nil {
		err, s.dialled = late, nil // what failed after that is but its consequence
	}
	if err != nil {
		s.abort()
		s.client.Close()
		return nil, s.explain(err)
	}
	s.began()
	return s, nil
}

// client is the RTSP library set up to use our connection. TLS is ours too, so
// that its handshake has a deadline and media goes unencrypted within it, as
// servers expect; hence the scheme.
func (p *Publisher) client(ctx context.Context, s *session) *gortsplib.Client {
	transport := gortsplib.TransportTCP
	if p.cfg.Transport == "udp" {
		transport = gortsplib.TransportUDP
	}
	return &gortsplib.Client{
		Scheme: "rtsp", Host: address(p.url), Transport: &transport, UserAgent: "studiobox",
		ReadTimeout: stepTimeout, WriteTimeout: stepTimeout,
		DisableRTCPSenderReports: true,
		DialContext: func(dial context.Context, network, address string) (net.Conn, error) {
			dial, cancel := context.WithCancel(dial)
			defer cancel()
			defer onEnd(ctx, cancel)()
			return s.dial(dial, network, address)
		},
		ListenPacket:      s.listenPacket,
		OnRequest:         s.asked,
		OnResponse:        s.answered,
		OnTransportSwitch: func(error) {},
		OnPacketsLost:     func(uint64) {},
		OnDecodeError:     func(error) {},
	}
}

// dial connects the socket, and TLS over it for rtsps.
func (s *session) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.publisher.dial(ctx, network, address)
	if err != nil {
		s.dialled = err
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	if s.aborted {
		conn.socket.abort()
	}
	return conn, nil
}

// dial makes a connection to the ingest, tuned for media.
func (p *Publisher) dial(ctx context.Context, network, address string) (*control, error) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	conn, err := p.cfg.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	socket := newSocket(conn)
	if socket.raw != nil {
		if err := link.Tune(socket.raw); err != nil {
			p.log.Debug("the connection is not tuned as wished", "error", err)
		}
	}
	if p.url.Scheme == "rtsp" {
		return newControl(socket, socket), nil
	}
	stream, err := p.encrypt(ctx, socket)
	if err != nil {
		socket.abort()
		return nil, err
	}
	return newControl(stream, socket), nil
}

func (p *Publisher) encrypt(ctx context.Context, socket *socket) (net.Conn, error) {
	config := &tls.Config{}
	if p.cfg.TLS != nil {
		config = p.cfg.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = p.url.Hostname()
	}
	stream := tls.Client(socket, config)
	if err := stream.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return stream, nil
}

// handshake runs the RTSP methods up to RECORD.
func (s *session) handshake(u *base.URL, desc *description.Session) error {
	s.step = "ANNOUNCE" // with OPTIONS before it
	if _, err := s.client.Announce(u, desc); err != nil {
		return err
	}
	s.step = "SETUP"
	for i, media := range desc.Medias {
		s.sockets = s.sockets[:0]
		response, err := s.client.Setup(u, media, 0, 0)
		if err != nil {
			return err
		}
		if err := s.bind(s.tracks[i], response); err != nil {
			return err
		}
		s.client.OnPacketRTCP(media, s.heard)
	}
	s.step = "RECORD"
	_, err := s.client.Record()
	return err
}

// bind takes from the answer to SETUP where the track's packets go.
func (s *session) bind(t *track, response *base.Response) error {
	var transport headers.Transport
	if err := transport.Unmarshal(response.Header["Transport"]); err != nil {
		return err
	}
	if s.overUDP() {
		return s.bindUDP(t, &transport)
	}
	t.channel = byte(transport.InterleavedIDs[0]) // the library has checked it
	return nil
}

// explain sorts a failed handshake.
func (s *session) explain(err error) error {
	if s.dialled != nil {
		return explainDial(s.dialled)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return explain(s.step, err, s.conn != nil && s.conn.answered.Load())
}

// address is host:port, with the scheme's default port.
func address(u *base.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "rtsps":
		port = "322"
	default:
		port = "554"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// onEnd calls f when ctx ends; stop takes that back, and returns only when f
// does not run.
func onEnd(ctx context.Context, f func()) (stop func()) {
	done := make(chan struct{})
	undo := context.AfterFunc(ctx, func() {
		defer close(done)
		f()
	})
	return func() {
		if !undo() {
			<-done
		}
	}
}
