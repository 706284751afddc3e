package onvif

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// What can be wrong with a camera's ONVIF service, each with its mend.
var (
	ErrAuth        = errors.New("user name or password refused: many cameras keep ONVIF users apart from RTSP users, add one in the camera")
	ErrNotONVIF    = errors.New("what answers is no ONVIF service: check host, port and path, and that ONVIF is switched on in the camera")
	ErrUnsupported = errors.New("the camera does not offer this over ONVIF")
	ErrFault       = errors.New("the camera refuses")
	ErrRefused     = errors.New("port closed: check the port, and that ONVIF is switched on in the camera")
	ErrUnreachable = errors.New("no answer: check the camera's power, cable and address")
	ErrCertificate = errors.New("TLS certificate not trusted: install the camera's authority or use http://")
	ErrRedirected  = errors.New("the camera redirects to another address: write that address")
	ErrNoProfile   = errors.New("no ONVIF profile has the stream of the camera URL")
)

func isAuth(err error) bool { return errors.Is(err, ErrAuth) }

// explainNetwork tells failures of the network and of TLS.
func explainNetwork(err error) error {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return ErrUnreachable
	}
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, syscall.ECONNREFUSED):
		return ErrRefused
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return ErrCertificate
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return ErrUnreachable
	}
	return ErrNotONVIF
}

// explainFault tells a SOAP fault by its subcodes (ONVIF Core, 5.11.2.2). The
// reason's text is the camera's.
func (c *Client) explainFault(fault *element) error {
	reason := oneLine(fault.string("Reason", "Text"), c.password)
	if reason == "" { // SOAP 1.1
		reason = oneLine(fault.string("faultstring"), c.password)
	}
	for code := fault.find("Code"); code != nil; code = code.find("Subcode") {
		switch name := localName(code.string("Value")); name {
		case "NotAuthorized", "FailedAuthentication", "FailedCheck", "InvalidSecurity", "OperationProhibited":
			return ErrAuth
		case "ActionNotSupported", "OptionalActionNotImplemented", "NotSupported":
			return fmt.Errorf("%w (%s)", ErrUnsupported, reason)
		}
	}
	if reason == "" {
		reason = "no reason given"
	}
	return fmt.Errorf("%w: %s", ErrFault, reason)
}

// localName is a QName without its prefix.
func localName(name string) string { return name[strings.LastIndex(name, ":")+1:] }

// oneLine makes a camera's text fit to be shown: without control characters,
// short, and without the secret.
func oneLine(text, secret string) string {
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)), " ")
	if secret != "" {
		text = strings.ReplaceAll(text, secret, "***")
	}
	const most = 160
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
