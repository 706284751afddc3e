package inbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"

	"github.com/eclipse/paho.mqtt.golang/packets"
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
		return endpoint{}, errors.New("the broker's address cannot be understood; write for example ssl://mqtt.example.net:8883")
	}
	e := endpoint{host: u.Hostname(), port: "1883"}
	switch u.Scheme {
	case "tcp", "mqtt":
	case "ssl", "mqtts":
		e.encrypted, e.port = true, "8883"
	default:
		return endpoint{}, fmt.Errorf("the broker's address begins with %q; write tcp:// or, encrypted, ssl://", u.Scheme+"://")
	}
	if u.Port() != "" {
		e.port = u.Port()
	}
	return e, nil
}

// String is the address for people and for the library.
func (e endpoint) String() string {
	scheme := "tcp://"
	if e.encrypted {
		scheme = "ssl://"
	}
	return scheme + net.JoinHostPort(e.host, e.port)
}

// open connects, and shakes hands for TLS, until ctx ends.
func (e endpoint) open(ctx context.Context, trust *tls.Config) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(e.host, e.port))
	if err != nil || !e.encrypted {
		return conn, err
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

// explain puts the end of a connection into one line that says how to mend it,
// and that is the same for the same cause.
func (e endpoint) explain(err error) error {
	if what := mend(err); what != "" {
		return fmt.Errorf("broker %s: %s", e, what)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err // without the addresses of both ends
	}
	return fmt.Errorf("broker %s: %w", e, err)
}

// mend names the cause and what to do about it; empty for causes that the error
// itself tells best.
func mend(err error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		record    tls.RecordHeaderError
		dns       *net.DNSError
	)
	switch {
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		return "it refuses this console's login; check user, password and certificate"
	case errors.As(err, &authority):
		return "its certificate comes from an authority that is not trusted here; name the authority's file"
	case errors.As(err, &name):
		return "its certificate is for another name; check the host in the broker's address"
	case errors.As(err, &record):
		return "it does not speak TLS; write tcp:// or use the broker's TLS port"
	case errors.As(err, &dns):
		return "there is no such host; check the broker's address"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; check the address, and that the broker runs"
	case errors.Is(err, context.DeadlineExceeded):
		return "it does not answer; check the address and the firewall"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "it closed the connection; if that goes on, see whether another console uses the same client id"
	}
	return ""
}
