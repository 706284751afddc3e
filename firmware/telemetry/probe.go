package telemetry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// Probe connects to a broker and leaves again, without a login: nobody's session is
// disturbed. It tells in a few words how the broker answers and, where it is
// encrypted, until when its certificate is valid. The error is one line with the
// mend.
func Probe(ctx context.Context, broker string, trust *tls.Config) (answer string, err error) {
	e, err := parseBroker(broker)
	if err != nil {
		return "", err
	}
	conn, err := e.open(ctx, trust, &traffic{})
	if err != nil {
		return "", e.explain("", err)
	}
	defer conn.Close()
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return "answers, not encrypted", nil
	}
	if err := objection(secure); err != nil {
		return "", e.explain("", err)
	}
	state := secure.ConnectionState()
	own := state.PeerCertificates[0]
	return fmt.Sprintf("answers, %s, %q until %s", tls.VersionName(state.Version), nameOf(e.host, own.DNSNames, own.Subject.CommonName), own.NotAfter.UTC().Format(time.DateOnly)), nil
}

// nameOf is how a broker's certificate calls it.
func nameOf(host string, names []string, common string) string {
	if common != "" {
		return common
	}
	if len(names) > 0 {
		return names[0]
	}
	return host
}

// objection is what the broker says against this box's certificate. Since TLS 1.3
// that comes after the handshake; a broker without objections waits for a login.
func objection(conn net.Conn) error {
	if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err := conn.Read(make([]byte, 1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}
