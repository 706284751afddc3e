package config

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// TLS says whom an encrypted connection trusts.
type TLS struct {
	CAFile string `toml:"ca_file"` // PEM; empty: the system's authorities
	// InsecureSkipVerify trusts anybody: whoever sits on the line can read the
	// password and the picture. It has no short name on purpose.
	InsecureSkipVerify bool `toml:"insecure_skip_verify"`

	roots *x509.CertPool // what CAFile holds, once Load has read it
}

// Client is the setting for crypto/tls; nil when the system's authorities are
// to be trusted, as usual.
func (t TLS) Client() *tls.Config {
	if t.roots == nil && !t.InsecureSkipVerify {
		return nil
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            t.roots,
		InsecureSkipVerify: t.InsecureSkipVerify,
	}
}

// consistent refuses a waiver that the address has no use for, or that an
// authority file contradicts.
func (t TLS) consistent(address string, encrypted ...string) error {
	if !t.InsecureSkipVerify {
		return nil
	}
	if t.CAFile != "" {
		return fmt.Errorf("contradicts ca_file; remove one of the two")
	}
	scheme, _, _ := strings.Cut(address, "://")
	if !slices.Contains(encrypted, scheme) {
		return fmt.Errorf("has no meaning for an address that is not encrypted; remove it or write %s://", encrypted[0])
	}
	return nil
}

// secrets reads the files that the settings refer to; a relative path starts
// from the directory of the settings file.
func (f file) secrets(cfg *Config, dir string) error {
	for _, s := range []struct {
		section string
		path    string
		take    func(secret string) error
	}{
		{"camera.password_file", cfg.Camera.PasswordFile, intoURL(&cfg.Camera.URL)},
		{"uplink.password_file", cfg.Uplink.PasswordFile, intoURL(&cfg.Uplink.URL)},
		{"mqtt.password_file", cfg.MQTT.PasswordFile, cfg.MQTT.take},
		{"camera.ca_file", cfg.Camera.CAFile, cfg.Camera.trust},
		{"uplink.ca_file", cfg.Uplink.CAFile, cfg.Uplink.trust},
		{"mqtt.ca_file", cfg.MQTT.CAFile, cfg.MQTT.trust},
		{"mqtt.cert_file", cfg.MQTT.CertFile, cfg.MQTT.takeCertificate},
		{"mqtt.key_file", cfg.MQTT.KeyFile, cfg.MQTT.takeKey(cfg.Box.ID, dir)},
		{"mqtt.command_keys", cfg.MQTT.CommandKeys, cfg.MQTT.takeCommandKeys},
	} {
		if s.path == "" {
			continue
		}
		err := takeFile(s.path, dir, s.take)
		if s.section == "mqtt.key_file" {
			err = cmp.Or(private(from(s.path, dir)), err)
		}
		if err != nil {
			return f.at(toml.Key(strings.Split(s.section, ".")), fmt.Errorf("%s: %w", s.section, err))
		}
	}
	return nil
}

// from is a path as it is meant: a relative one starts from the directory.
func from(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// takeFile hands the file's text, without the line break at its end, to take.
func takeFile(path, dir string, take func(string) error) error {
	path = from(path, dir)
	text, err := read(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text = strings.TrimRight(text, "\r\n")
	if text == "" {
		return fmt.Errorf("%s is empty", path)
	}
	return take(text)
}

// intoURL puts a password beside the user name of an address.
func intoURL(address *string) func(string) error {
	return func(password string) error {
		u, err := url.Parse(*address)
		if err != nil {
			return fmt.Errorf("has no address to go with")
		}
		if _, twice := u.User.Password(); twice {
			return fmt.Errorf("the url holds a password already; remove one of the two")
		}
		if u.User.Username() == "" {
			return fmt.Errorf("the url names no user; write rtsp://user@host/path")
		}
		u.User = url.UserPassword(u.User.Username(), password)
		*address = u.String()
		return nil
	}
}

// take keeps the broker's password.
func (m *MQTT) take(password string) error {
	if m.User == "" {
		return fmt.Errorf("a password needs mqtt.user beside it")
	}
	m.Password = password
	return nil
}

// trust takes the authorities of a PEM file.
func (t *TLS) trust(pem string) error {
	t.roots = x509.NewCertPool()
	if !t.roots.AppendCertsFromPEM([]byte(pem)) {
		return fmt.Errorf("holds no certificate in PEM form")
	}
	return nil
}
