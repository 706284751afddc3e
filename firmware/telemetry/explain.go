package telemetry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// errRefused marks a broker that does not want this box, as opposed to one that
// is not there.
var errRefused = errors.New("refused")

// explain puts the end of a connection into one line that says how to mend it.
// The line has no port numbers that change from attempt to attempt, so that the
// same cause gives the same line.
func (e endpoint) explain(user string, err error) error {
	switch {
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		return fmt.Errorf("broker %s %w the login of user %q; check mqtt.user and mqtt.password_file", e, errRefused, user)
	case errors.Is(err, packets.ErrorRefusedIDRejected), errors.Is(err, packets.ErrorRefusedBadProtocolVersion):
		return fmt.Errorf("broker %s %w this box (%v); ask who runs the broker", e, errRefused, err)
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" { // an alert of TLS
		return fmt.Errorf("broker %s %w this box's certificate (%v); check mqtt.cert_file and the clocks of both", e, errRefused, op.Err)
	}
	if what := mend(err); what != "" {
		return fmt.Errorf("broker %s: %s", e, what)
	}
	if op != nil {
		err = op.Err // without the addresses of both ends
	}
	return fmt.Errorf("broker %s: %w", e, err)
}

// mend names the cause of a connection's end and what to do about it; empty for
// causes that the error itself tells best.
func mend(err error) string {
	var (
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		record    tls.RecordHeaderError
		dns       *net.DNSError
	)
	switch {
	case errors.As(err, &authority):
		return "its certificate comes from an authority that is not trusted here; name the authority's file in mqtt.ca_file"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not valid yet; check the clock of this box"
	case errors.As(err, &name):
		return "its certificate is for another name; check the host in mqtt.broker"
	case errors.As(err, &record):
		return "it does not speak TLS; write tcp:// in mqtt.broker or use the broker's TLS port"
	case errors.As(err, &dns):
		return "there is no such host; check mqtt.broker and the internet line"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; check mqtt.broker, and that the broker runs"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "it does not answer; check mqtt.broker, the internet line and the firewall"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "it closed the connection"
	}
	return ""
}
