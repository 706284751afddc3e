package config

import (
	"crypto/x509"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// shown is the certificate that the box would show to a broker now.
func shown(t *testing.T, c *Config) *x509.Certificate {
	t.Helper()
	client := c.MQTT.Client()
	if client == nil || client.GetClientCertificate == nil {
		t.Fatal("the box shows no certificate")
	}
	pair, err := client.GetClientCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf
}

// put writes files beside each other, a while after those before.
func put(t *testing.T, dir string, files map[string]string, at time.Time) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACertificateIsRenewedByPuttingANewOneInItsPlace(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	put(t, dir, identityOf(t, "SB-4F2A91"), now)
	cfg, err := Load(filepath.Join(dir, "box.toml"))
	if err != nil {
		t.Fatal(err)
	}
	first := shown(t, cfg)
	if !shown(t, cfg).Equal(first) {
		t.Error("another certificate without another file")
	}
	fresh := identityOf(t, "SB-4F2A91")
	put(t, dir, map[string]string{"box.pem": fresh["box.pem"]}, now.Add(time.Second))
	if !shown(t, cfg).Equal(first) {
		t.Error("a certificate was shown whose key is not there yet")
	}
	put(t, dir, fresh, now.Add(2*time.Second))
	second := shown(t, cfg)
	if second.Equal(first) {
		t.Error("the old certificate is shown, and there is a new one")
	}
	for name, broken := range map[string]map[string]string{
		"another box's":   identityOf(t, "SB-000000"),
		"no certificates": {"box.pem": "", "box.key": ""},
	} {
		maps.DeleteFunc(broken, func(name, _ string) bool { return name != "box.pem" && name != "box.key" })
		put(t, dir, broken, now.Add(3*time.Second))
		if !shown(t, cfg).Equal(second) {
			t.Errorf("%s: the good one is not shown any more", name)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "box.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, dir, identityOf(t, "SB-4F2A91"), now.Add(4*time.Second)) // keeps the mode
	if !shown(t, cfg).Equal(second) {
		t.Error("a key that others can read was taken")
	}
	if err := os.Remove(filepath.Join(dir, "box.key")); err != nil {
		t.Fatal(err)
	}
	if !shown(t, cfg).Equal(second) {
		t.Error("without a key file the good one is not shown any more")
	}
}

func TestOnceTheOldCertificateHasExpiredTheNewOnesFaultIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir, identityOf(t, "SB-4F2A91"), time.Now())
		cfg, err := Load(filepath.Join(dir, "box.toml"))
		if err != nil {
			t.Fatal(err)
		}
		shown(t, cfg)
		put(t, dir, map[string]string{"box.pem": "no certificate"}, time.Now().Add(time.Minute))
		shown(t, cfg)
		time.Sleep(2 * time.Hour)
		if _, err := cfg.MQTT.Client().GetClientCertificate(nil); err == nil || !strings.Contains(err.Error(), "mqtt.cert_file") {
			t.Errorf("told is %v", err)
		}
	})
}
