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

// connect opens a session, over the connection of reached when that is not nil.
// When the ingest refuses because it still holds our previous session, that one
// is torn down and the ingest asked once more.
func (p *Publisher) connect(ctx context.Context, media unit.Media, reached *session) (*session, error) {
	s, err := p.open(ctx, media, reached)
	if !errors.Is(err, ErrBusy) {
		return s, err
	}
	p.mu.Lock()
	stale := p.stale
	p.mu.Unlock()
	if stale == "" || p.tearDown(ctx, stale) != nil {
		return nil, err
	}
	return p.open(ctx, media, nil)
}

// open goes through the handshake from where s stands; nil is its beginning.
func (p *Publisher) open(ctx context.Context, media unit.Media, s *session) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	desc, tracks, err := announce(media)
	switch {
	case err != nil && s != nil:
		s.drop()
	case err == nil && s == nil:
		s, err = p.reach(ctx, p.dialIngest)
	}
	if err != nil {
		return nil, err
	}
	s.tracks = tracks
	if err := s.bounded(ctx, func() error { return s.record(p.url, desc) }); err != nil {
		return nil, err
	}
	s.began()
	return s, nil
}

// reach goes as far as does no harm to a session that the ingest may hold: TCP,
// TLS, and OPTIONS, whose answer proves that an RTSP server is there.
func (p *Publisher) reach(ctx context.Context, dial func(context.Context) (net.Conn, error)) (*session, error) {
	s := newSession(p)
	s.client = p.client(ctx, s, dial)
	if err := s.client.Start2(); err != nil {
		return nil, fmt.Errorf("RTSP client: %w", err)
	}
	s.step = "OPTIONS"
	err := s.bounded(ctx, func() error {
		_, err := s.client.Options(p.url)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// bounded runs steps of the handshake, which fail when ctx ends. After a
// failure the session is of no use any more.
func (s *session) bounded(ctx context.Context, steps func() error) error {
	stop := onEnd(ctx, s.abort)
	err := steps()
	stop()
	if late := ctx.Err(); late != nil {
		err, s.dialled = late, nil // what failed after that is but its consequence
	}
	if err != nil {
		s.drop()
		return s.explain(err)
	}
	return nil
}

// drop gives up a session that does not record.
func (s *session) drop() {
	s.abort()
	s.client.Close()
}

// client is the RTSP library set up to use our connection. TLS is ours too, so
// that its handshake has a deadline and media goes unencrypted within it, as
// servers expect; hence the scheme.
func (p *Publisher) client(ctx context.Context, s *session, dial func(context.Context) (net.Conn, error)) *gortsplib.Client {
	transport := gortsplib.TransportTCP
	if p.cfg.Transport == "udp" {
		transport = gortsplib.TransportUDP
	}
	return &gortsplib.Client{
		Scheme: "rtsp", Host: address(p.url), Transport: &transport, UserAgent: "studiobox",
		ReadTimeout: stepTimeout, WriteTimeout: stepTimeout,
		DisableRTCPSenderReports: true,
		DialContext: func(own context.Context, _, _ string) (net.Conn, error) {
			own, cancel := context.WithCancel(own)
			defer cancel()
			defer onEnd(ctx, cancel)()
			return s.dial(own, dial)
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
func (s *session) dial(ctx context.Context, dial func(context.Context) (net.Conn, error)) (net.Conn, error) {
	conn, err := s.publisher.dial(ctx, dial)
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

// dialIngest asks for the ingest's name and connects to it.
func (p *Publisher) dialIngest(ctx context.Context) (net.Conn, error) {
	return p.cfg.Dial(ctx, "tcp", address(p.url))
}

// dial makes a connection to the ingest, tuned for media.
func (p *Publisher) dial(ctx context.Context, dial func(context.Context) (net.Conn, error)) (*control, error) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	socket := newSocket(conn)
	if socket.raw != nil {
		if err := link.Tune(socket.raw, p.cfg.Congestion); err != nil {
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

// record runs the RTSP methods from ANNOUNCE to RECORD. From then on an ingest
// counts this session as the path's publisher, whatever it held before.
func (s *session) record(u *base.URL, desc *description.Session) error {
	s.step = "ANNOUNCE"
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
	s.publisher.urgeKey(time.Now()) // it comes while the answer is on its way
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
