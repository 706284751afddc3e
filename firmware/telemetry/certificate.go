package telemetry

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// certificateEvery is how often it is looked whether the box's certificate was
// renewed; each new connection looks, too.
const certificateEvery = time.Hour

// checkCertificate refuses a certificate that the broker could not take for this
// box's. One that has expired passes: it may be renewed while the box runs.
func (e endpoint) checkCertificate(cfg *tls.Config, box string) error {
	own, err := shown(cfg)
	if own == nil || err != nil {
		return err
	}
	if !e.encrypted {
		return errors.New("the box has a certificate, but the broker's address is not encrypted; write ssl:// in mqtt.broker")
	}
	leaf := leafOf(own)
	if leaf == nil {
		return errors.New("the box's certificate cannot be read; check mqtt.cert_file")
	}
	if leaf.Subject.CommonName != box {
		return fmt.Errorf("the certificate is for %q and this box is %q; put the right one into mqtt.cert_file or mend box.id", leaf.Subject.CommonName, box)
	}
	return nil
}

// shown is the certificate that a connection which begins now would show; nil =
// none.
func shown(cfg *tls.Config) (*tls.Certificate, error) {
	switch {
	case cfg == nil:
		return nil, nil
	case cfg.GetClientCertificate != nil:
		return cfg.GetClientCertificate(&tls.CertificateRequestInfo{})
	case len(cfg.Certificates) > 0:
		return &cfg.Certificates[0], nil
	}
	return nil, nil
}

// leafOf is nil for what cannot be read.
func leafOf(own *tls.Certificate) *x509.Certificate {
	if own.Leaf == nil && len(own.Certificate) > 0 {
		leaf, _ := x509.ParseCertificate(own.Certificate[0]) // nil after an error
		return leaf
	}
	return own.Leaf
}

// lookAtCertificate notes until when the box's certificate is valid. It reads
// files, and so belongs to the goroutine of Run.
func (r *Reporter) lookAtCertificate(now time.Time) {
	if !r.certified.IsZero() && now.Sub(r.certified) < certificateEvery {
		return
	}
	r.certified = now
	own, err := shown(r.cfg.TLS)
	if own == nil || err != nil { // the next connection tells the error
		return
	}
	if leaf := leafOf(own); leaf != nil {
		r.note(func(s *Stats) { s.CertificateEnds = leaf.NotAfter })
	}
}
