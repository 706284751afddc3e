package telemetry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// endpoint is the address of a broker.
type endpoint struct {
	host, port string
	encrypted  bool
}

// parseBroker reads tcp://host:port, ssl://host:port or their synonyms mqtt://
// and mqtts://. It repeats nothing of the text that could be a password.
func parseBroker(text string) (endpoint, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return endpoint{}, fmt.Errorf("the broker's address cannot be understood; write for example ssl://mqtt.example.net:8883")
	}
	e := endpoint{host: u.Hostname(), port: u.Port()}
	standard := "1883"
	switch u.Scheme {
	case "tcp", "mqtt":
	case "ssl", "mqtts":
		e.encrypted, standard = true, "8883"
	default:
		return endpoint{}, fmt.Errorf("the broker's address begins with %q; write tcp:// or, encrypted, ssl://", u.Scheme+"://")
	}
	if e.port == "" {
		e.port = standard
	}
	return e, nil
}

// String is the address for people and for the MQTT library.
func (e endpoint) String() string {
	if e.encrypted {
		return "ssl://" + e.address()
	}
	return "tcp://" + e.address()
}

func (e endpoint) address() string { return net.JoinHostPort(e.host, e.port) }

// dead is after how long without an answer of the broker's computer to what was
// sent a connection ends. Health every minute makes that a test of the line.
const dead = 30 * time.Second

// open connects, and shakes hands for TLS, until ctx ends.
func (e endpoint) open(ctx context.Context, trust *tls.Config, traffic *traffic) (net.Conn, error) {
	dialer := net.Dialer{
		Control: impatience,
		// Go's default probes an idle line every 15 s: 18 MB a month.
		KeepAliveConfig: net.KeepAliveConfig{Enable: false}, KeepAlive: -1,
	}
	plain, err := dialer.DialContext(ctx, "tcp", e.address())
	if err != nil {
		return nil, err
	}
	conn := &metered{plain, traffic}
	if !e.encrypted {
		return conn, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if trust != nil {
		cfg = trust.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = e.host
	}
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// impatience makes the kernel give up on a peer that does not answer.
func impatience(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(dead.Milliseconds()))
	})
	return errors.Join(err, set)
}
