package publish

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

// What Run can end with, for errors.Is. Each text is for people: what is wrong
// and how to mend it.
var (
	ErrAuth         = errors.New("the ingest does not accept the user name and password; check them in the ingest address")
	ErrNotRTSP      = errors.New("what answers there does not speak RTSP; check host, port and rtsp:// or rtsps:// in the ingest address")
	ErrRefused      = errors.New("the ingest refuses the connection; check host and port of the ingest address, and that it runs")
	ErrBusy         = errors.New("the ingest refuses to record: another publisher, or our own old session, holds the path")
	ErrNotFound     = errors.New("the ingest does not know the path; check the ingest address")
	ErrCodec        = errors.New("the ingest does not take this codec; let the box transcode to H.264")
	ErrTransport    = errors.New("the ingest does not take this transport; choose tcp, or udp, whichever is not set now")
	ErrTLS          = errors.New("the ingest's certificate is not to be trusted; check the host name in the ingest address and the clock")
	ErrDead         = errors.New("nothing is acknowledged any more; the line or the ingest is down")
	ErrClosed       = errors.New("the ingest closed the connection")
	ErrMediaChanged = errors.New("the camera's tracks or codecs changed; a new session announces them")
)

// refusal is an answer of the ingest other than 200 OK.
type refusal struct {
	step string
	code base.StatusCode
	text string
}

func (r refusal) Error() string { return fmt.Sprintf("%s: %d %s", r.step, r.code, r.text) }

// explain turns what the RTSP library, TLS and the kernel say into one of the
// errors above. step is the RTSP method that failed, answered tells whether the
// peer has spoken RTSP on this connection before.
func explain(step string, err error, answered bool) error {
	var status liberrors.ErrClientBadStatusCode
	switch {
	case errors.As(err, &status):
		return explainStatus(refusal{step: step, code: status.Code, text: status.Message})
	case known(err):
		return err
	case timedOut(err):
		return fmt.Errorf("%w (%s)", ErrDead, step)
	case brokenOff(err) && answered:
		return fmt.Errorf("%w (%s)", ErrClosed, step)
	case brokenOff(err):
		return fmt.Errorf("%w (closed before it answered)", ErrRefused)
	case errors.As(err, new(liberrors.ErrClientAuthSetup)):
		return ErrAuth
	case errors.As(err, new(liberrors.ErrClientServerRequestedTCP)), errors.As(err, new(liberrors.ErrClientServerRequestedUDP)),
		errors.As(err, new(liberrors.ErrClientServerPortsNotProvided)):
		return ErrTransport
	}
	return fmt.Errorf("%s: %w", step, err)
}

// explainStatus sorts the ingest's refusals. Servers share no code for a taken
// path (mediamtx says 400, GStreamer 455), so what is not clearly something
// else counts as taken: it is retried soon, which does no harm.
func explainStatus(r refusal) error {
	switch r.code {
	case base.StatusUnauthorized, base.StatusForbidden, base.StatusConnectionCredentialsNotAccepted:
		return fmt.Errorf("%w (%w)", ErrAuth, r)
	case base.StatusNotFound, base.StatusGone:
		return fmt.Errorf("%w (%w)", ErrNotFound, r)
	case base.StatusUnsupportedMediaType, base.StatusParameterNotUnderstood, base.StatusOptionNotSupported:
		return fmt.Errorf("%w (%w)", ErrCodec, r)
	case base.StatusUnsupportedTransport:
		return fmt.Errorf("%w (%w)", ErrTransport, r)
	case base.StatusNotImplemented, base.StatusMethodNotAllowed, base.StatusRTSPVersionNotSupported:
		return fmt.Errorf("%w (%w)", ErrNotRTSP, r)
	}
	return fmt.Errorf("%w (%w)", ErrBusy, r)
}

// explainDial sorts the failures from before RTSP.
func explainDial(err error) error {
	var (
		record    tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &record):
		return fmt.Errorf("%w (no TLS there)", ErrNotRTSP)
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return fmt.Errorf("%w (%w)", ErrTLS, err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w (%w)", ErrRefused, err)
	case timedOut(err):
		return fmt.Errorf("%w (%w)", ErrDead, err)
	case brokenOff(err):
		return fmt.Errorf("%w (closed during the TLS handshake)", ErrRefused)
	}
	return fmt.Errorf("cannot reach the ingest: %w", err)
}

func known(err error) bool {
	for _, one := range []error{
		ErrAuth, ErrNotRTSP, ErrRefused, ErrBusy, ErrNotFound, ErrCodec, ErrTransport, ErrTLS, ErrDead, ErrClosed, ErrMediaChanged,
	} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

func timedOut(err error) bool {
	var network net.Error
	return errors.As(err, new(liberrors.ErrClientRequestTimedOut)) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) ||
		errors.As(err, &network) && network.Timeout()
}

func brokenOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
