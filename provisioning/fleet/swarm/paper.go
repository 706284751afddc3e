package swarm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// Paper issues certificates to simulated boxes. All of them share one key, which
// no real box may: it saves the machine ten thousand keys.
type Paper struct {
	authority tls.Certificate
	issuer    *x509.Certificate
	key       *ecdsa.PrivateKey
}

// NewPaper takes the authority that the broker trusts, with its key.
func NewPaper(authority tls.Certificate) (*Paper, error) {
	issuer, err := x509.ParseCertificate(authority.Certificate[0])
	if err != nil {
		return nil, fmt.Errorf("swarm: authority: %w", err)
	}
	if !issuer.IsCA {
		return nil, fmt.Errorf("swarm: the certificate of %q is not that of an authority", issuer.Subject.CommonName)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("swarm: key: %w", err)
	}
	return &Paper{authority: authority, issuer: issuer, key: key}, nil
}

// For makes the certificate of one box, valid for a week.
func (p *Paper) For(box string) (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: box},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(7 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, p.issuer, &p.key.PublicKey, p.authority.PrivateKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("swarm: certificate of %s: %w", box, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: p.key}, nil
}
