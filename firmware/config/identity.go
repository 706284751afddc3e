package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"studiobox/provisioning/contract/seal"
)

// Client is the setting for crypto/tls towards the broker, with this box's own
// certificate if it has one; nil when the system's authorities are to be trusted
// and no certificate is shown. Each new connection shows what the files hold then:
// a certificate is renewed by putting a new one in their place.
func (m MQTT) Client() *tls.Config {
	cfg := m.TLS.Client()
	if m.identity == nil {
		return cfg
	}
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return m.identity.now()
	}
	return cfg
}

// Keyring holds whom this box obeys; nil = nobody.
func (m MQTT) Keyring() *seal.Keyring { return m.keyring }

// checkIdentity refuses half an identity, and one that nobody would ask for.
func (m MQTT) checkIdentity() error {
	scheme, _, _ := strings.Cut(m.Broker, "://")
	switch {
	case m.CertFile == "":
		return nil
	case m.KeyFile == "":
		return errors.New("needs mqtt.key_file beside it")
	case scheme != "ssl" && scheme != "mqtts":
		return errors.New("has no meaning for an address that is not encrypted; remove it or write ssl://")
	}
	return nil
}

func (m MQTT) checkKey() error {
	if m.KeyFile != "" && m.CertFile == "" {
		return errors.New("needs mqtt.cert_file beside it")
	}
	return nil
}

func (m MQTT) checkCommandKeys() error {
	if m.CommandKeys != "" && m.Broker == "" {
		return errors.New("needs mqtt.broker beside it: commands come from there")
	}
	return nil
}

// takeCertificate keeps the text until the key is there.
func (m *MQTT) takeCertificate(text string) error {
	if !strings.Contains(text, "-----BEGIN CERTIFICATE-----") {
		return errors.New("holds no certificate in PEM form")
	}
	m.certificate = text
	return nil
}

// takeKey joins key and certificate.
func (m *MQTT) takeKey(box, dir string) func(string) error {
	return func(text string) error {
		i := &identity{box: box, cert: from(m.CertFile, dir), key: from(m.KeyFile, dir)}
		pair, err := i.join(m.certificate, text)
		if err == nil {
			i.pair, m.identity = pair, i
		}
		return err
	}
}

// takeCommandKeys reads whom the box obeys.
func (m *MQTT) takeCommandKeys(text string) (err error) {
	m.keyring, err = seal.ParseKeyring([]byte(text))
	return err
}

// private refuses a secret that others on this machine can read or change. A file
// that is not there is told where it is read.
func private(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return withoutPath(err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	return nil
}
