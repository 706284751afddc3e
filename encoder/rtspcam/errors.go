package rtspcam

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

// What can be wrong with a camera, each with its mend.
var (
	ErrAuth        = errors.New("user name or password refused: correct them in the camera URL")
	ErrNotRTSP     = errors.New("what answers is no RTSP camera: check host and port (usual ports: rtsp 554, rtsps 322)")
	ErrNoVideo     = errors.New("the stream has no video: choose another path in the camera URL")
	ErrCodec       = errors.New("video codec not supported: set the camera to H.264 or H.265")
	ErrStalled     = errors.New("the camera stopped sending video: check its power and cable")
	ErrRefused     = errors.New("port closed: check the port, and that RTSP is switched on in the camera")
	ErrNotFound    = errors.New("no such stream: check the path in the camera URL")
	ErrUnreachable = errors.New("no answer: check the camera's power, cable and address")
	ErrCertificate = errors.New("TLS certificate not trusted: install the camera's authority or use rtsp://")
	ErrNoKey       = errors.New("no key pictures: set the camera's I-frame interval to 1 or 2 seconds and turn intra refresh off")
	ErrRedirected  = errors.New("the camera sends us to another host, which could steal the password: put that host in the camera URL")
	ErrClosed      = errors.New("the camera closed the connection")
)

// answer is what the camera had said when a request failed.
type answer struct {
	bytes  uint64 // received on this connection, below RTSP
	rtsp   bool   // at least one RTSP response was read
	secret string // the password, never to be shown
}

// explain finds the kind of a failed request.
func explain(err error, said answer) error {
	if status, ok := errors.AsType[liberrors.ErrClientBadStatusCode](err); ok {
		return explainStatus(status, said.secret)
	}
	if kind := explainNetwork(err); kind != nil {
		return kind
	}
	switch {
	case errors.Is(err, ErrNoVideo), errors.Is(err, ErrCodec), errors.Is(err, ErrRedirected):
		return err
	case !said.rtsp && said.bytes > 0:
		return ErrNotRTSP
	case errors.Is(err, liberrors.ErrClientRequestTimedOut{}):
		return ErrUnreachable
	}
	if _, ok := errors.AsType[liberrors.ErrClientAuthSetup](err); ok {
		return fmt.Errorf("%w (%s)", ErrAuth, "the camera asks for an unknown method")
	}
	if !said.rtsp {
		return ErrClosed
	}
	return fmt.Errorf("the camera's answer is not usable: %s", oneLine(err.Error(), said.secret))
}

func explainStatus(status liberrors.ErrClientBadStatusCode, secret string) error {
	switch status.Code {
	case base.StatusUnauthorized, base.StatusForbidden, base.StatusProxyAuthRequired:
		return ErrAuth
	case base.StatusNotFound, base.StatusGone:
		return ErrNotFound
	}
	return fmt.Errorf("the camera refuses: %d %s", status.Code, oneLine(status.Message, secret))
}

// explainNetwork tells failures of the network and of TLS; nil is "none of them".
func explainNetwork(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return ErrRefused
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("%w (host name unknown)", ErrUnreachable)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return ErrUnreachable
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fmt.Errorf("%w (it does not speak TLS)", ErrNotRTSP)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return ErrCertificate
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return ErrCertificate
	}
	return nil
}

// oneLine makes text of a library or a camera fit to be shown: without control
// characters, short, and without the secret.
func oneLine(text, secret string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if secret != "" {
		text = strings.ReplaceAll(text, secret, "***")
	}
	const most = 160
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
