package rtspcam

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

const (
	// dialTimeout is short, since a camera that comes back on the LAN answers a
	// fresh SYN at once but a retransmitted one seconds later.
	dialTimeout = 1500 * time.Millisecond
	// answerTimeout is for one request; cameras take their time after a start.
	answerTimeout = 5 * time.Second
	// writeTimeout also bounds the TEARDOWN, and so the end of Run.
	writeTimeout = time.Second
	// udpBuffer holds a large key picture that comes at line rate.
	udpBuffer = 2 << 20
)

// connection is one RTSP connection. Its dial is gortsplib's.
type connection struct {
	client   *gortsplib.Client
	host     string
	secret   string      // the password
	answered atomic.Bool // at least one RTSP response was read

	mutex     sync.Mutex
	conn      net.Conn
	transport string
	ended     bool
}

func newConnection(c *Camera) *connection {
	n := &connection{host: c.url.Hostname(), transport: c.cfg.Transport}
	n.secret, _ = c.url.User.Password()
	n.client = &gortsplib.Client{
		Scheme:       c.url.Scheme,
		Host:         c.url.Host,
		ReadTimeout:  max(answerTimeout, 2*c.cfg.StallAfter),
		WriteTimeout: writeTimeout,
		TLSConfig:    c.cfg.TLS.Clone(), // gortsplib writes to it; Clone of nil is nil
		UserAgent:    "studiobox",
		DialContext:  n.dial,
		ListenPacket: listenPacket,
		// A camera that offers UDP but cannot get through is given up soon.
		InitialUDPReadTimeout: 1500 * time.Millisecond,
		OnResponse:            func(*base.Response) { n.answered.Store(true) },
		OnTransportSwitch:     n.useTCP,
		OnPacketsLost:         func(uint64) {}, // the depacketiser counts for itself
		OnDecodeError: func(err error) {
			if _, other := errors.AsType[liberrors.ErrClientRTPPacketUnknownPayloadType](err); !other {
				c.tally.corrupt()
			}
		},
	}
	switch c.cfg.Transport {
	case "tcp":
		n.client.Transport = new(gortsplib.TransportTCP)
	case "udp":
		n.client.Transport = new(gortsplib.TransportUDP)
	case "auto":
		n.transport = "udp"
		if c.url.Scheme == "rtsps" {
			n.transport = "tcp" // gortsplib's choice, unless the camera speaks SRTP
		}
	}
	return n
}

// dial connects to the camera's own host only: gortsplib follows a redirect and
// takes the password along.
func (n *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, err := net.SplitHostPort(address); err != nil || host != n.host {
		return nil, ErrRedirected
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.ended {
		conn.Close()
		return nil, net.ErrClosed
	}
	n.conn = conn
	return conn, nil
}

// useTCP is told that UDP does not work with this camera.
func (n *connection) useTCP(error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.transport = "tcp"
}

func (n *connection) usedTransport() string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.transport
}

// listenPacket opens an RTP or RTCP port with room for bursts, as far as the
// kernel allows: gortsplib's own option fails where net.core.rmem_max is low.
func listenPacket(network, address string) (net.PacketConn, error) {
	pc, err := net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	if conn, ok := pc.(*net.UDPConn); ok {
		_ = conn.SetReadBuffer(udpBuffer) // best effort by intent
	}
	return pc, nil
}

// end closes the connection, with a TEARDOWN where it got that far. All reads
// are cut first: a TLS handshake would otherwise wait for the peer without limit.
func (n *connection) end() {
	n.mutex.Lock()
	n.ended = true
	if n.conn != nil {
		_ = n.conn.SetReadDeadline(time.Now())
	}
	n.mutex.Unlock()
	n.client.Close()
}

// explain tells a failed request in the user's terms.
func (n *connection) explain(err error) error {
	return explain(err, answer{
		bytes:  n.client.Stats().Conn.BytesReceived,
		rtsp:   n.answered.Load(),
		secret: n.secret,
	})
}
