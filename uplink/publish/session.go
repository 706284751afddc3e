package publish

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"

	"studiobox/uplink/link"
)

// partingTime is how long a write that is under way may take to end when the
// session is stopped; farewell comes after it.
const partingTime = 300 * time.Millisecond

// session is one connection to the ingest: the library does the RTSP, and media
// goes straight to the sockets, so that the only queue in user space is ours.
type session struct {
	publisher *Publisher
	client    *gortsplib.Client
	tracks    []*track         // from ANNOUNCE on
	step      string           // of the handshake
	dialled   error            // why there is no connection
	sockets   []net.PacketConn // that the library asked for in this SETUP

	mu      sync.Mutex
	conn    *control
	aborted bool
	name    string // RTSP session id
	cseq    int64  // of the handshake's last answer

	ended chan error // first reason to end from outside

	// While recording.
	base     uint64       // bytes that were written before the media
	start    time.Time    // of recording
	writing  atomic.Bool  // the pump has a unit in hand
	requests atomic.Int64 // CSeq of the last one; 0 before recording
	alive    time.Time    // when our last keepalive went out
	scout    scout        // of the watching goroutine, then of Publisher.Run
	renewed  time.Time    // of the watching goroutine: when BBR last began anew
	// of the watching goroutine: the congestion control is one that holds its own
	competing bool
	mark      uint64 // of the watching goroutine: end of the media sent before the last silence

	// Guarded by Publisher.mu.
	carried   uint64 // units
	delivered uint64 // the most that was ever observed
	acks      acks   // of the media
	pulse     acks   // of the RTSP connection, where media does not use it
	backlog   backlog
	lost      lossMeter // see Stats.Loss; over TCP
}

func newSession(p *Publisher) *session {
	return &session{publisher: p, ended: make(chan error, 1), scout: scout{publisher: p}}
}

// run carries units until ctx ends or the session fails, and returns why; nil
// for ctx. The caller asks second who goes on in its place.
func (s *session) run(ctx context.Context) error {
	carrying, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var others sync.WaitGroup
	pumped := make(chan error, 1)
	others.Go(func() {
		err := s.pump(carrying)
		pumped <- err
		cancel(err)
	})
	others.Go(func() { cancel(s.watch(carrying, ctx)) })
	others.Go(func() { cancel(explain("recording", s.client.Wait(), true)) })

	select {
	case <-carrying.Done():
	case err := <-s.ended:
		cancel(err)
	}
	cause := context.Cause(carrying)
	if ctx.Err() != nil {
		cause = nil
	}
	s.close(pumped, cause == nil || errors.Is(cause, ErrMediaChanged))
	others.Wait()
	return cause
}

// second is the session that takes the place of one which ended for the given
// cause. Where a search was under way when the connection broke, it goes on: an
// ingest that gave the session up, or a router that forgot the connection, says
// so in the first moment in which the line is back. Without a second session it
// returns the cause.
func (s *session) second(ctx context.Context, cause error) (*session, error) {
	defer s.scout.stop()
	if ctx.Err() != nil || errors.Is(cause, ErrDead) || errors.Is(cause, ErrMediaChanged) {
		return nil, cause
	}
	ctx, cancel := context.WithTimeout(ctx, forsaken)
	defer cancel()
	next, err := s.scout.wait(ctx)
	if next == nil && err == nil {
		err = cause
	}
	return next, err
}

// close ends the session: in order when it was healthy and a write under way
// ends soon, by a reset otherwise.
func (s *session) close(pumped <-chan error, healthy bool) {
	if healthy {
		_ = s.conn.socket.SetWriteDeadline(time.Now().Add(partingTime))
		// Only between two packets is there room for a request, unless the
		// packets go elsewhere.
		if err := <-pumped; err == nil || s.overUDP() {
			s.conn.part()
			s.client.Close()
			return
		}
	}
	s.abort()
	s.client.Close()
}

// began notes where in the byte stream the media begins.
func (s *session) began() {
	s.start = time.Now()
	s.requests.Store(s.cseq)
	s.base = s.conn.socket.written.Load()
	if sample, ok := s.conn.socket.sample(); ok {
		// Not the same as written bytes: Bytes_acked counts the SYN too.
		s.base = sample.Acked + uint64(sample.Outstanding())
	}
}

func (s *session) overUDP() bool { return s.publisher.cfg.Transport == "udp" }

// end asks run to return with the given error; only the first call counts.
func (s *session) end(err error) {
	select {
	case s.ended <- err:
	default:
	}
}

// abort resets the connection, or keeps it from being used once it is dialled.
func (s *session) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aborted = true
	if s.conn != nil {
		s.conn.socket.abort()
	}
}

// answered sees every response; it learns the session's name and how far the
// requests have counted.
func (s *session) answered(response *base.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var value headers.Session
	if value.Unmarshal(response.Header["Session"]) == nil {
		s.name = value.Session
	}
	if cseq := response.Header["CSeq"]; len(cseq) == 1 && s.requests.Load() == 0 {
		s.cseq, _ = strconv.ParseInt(strings.TrimSpace(cseq[0]), 10, 64)
	}
}

func (s *session) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// pace sets how fast bursts may leave; the pacer of datagrams asks by itself.
func (s *session) pace(kbps int) {
	if s.conn.socket.raw == nil || s.overUDP() {
		return
	}
	if err := link.Pace(s.conn.socket.raw, kbps); err != nil {
		s.publisher.log.Debug("pacing is not possible here", "error", err)
	}
}

// congestion names the congestion control for the log.
func (s *session) congestion() string {
	if s.conn.socket.raw == nil {
		return ""
	}
	return link.Congestion(s.conn.socket.raw)
}

// listenPacket makes a UDP socket for the library, and keeps it for the media.
func (s *session) listenPacket(network, address string) (net.PacketConn, error) {
	conn, err := s.publisher.cfg.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	if _, ok := conn.(*net.UDPConn); !ok {
		_ = conn.Close()
		return nil, fmt.Errorf("UDP socket is a %T, want *net.UDPConn", conn)
	}
	s.sockets = append(s.sockets, conn)
	return conn, nil
}
