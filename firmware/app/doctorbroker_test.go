package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studiobox/firmware/config"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// identified are the settings of a box with a certificate until a moment, and with
// one signer's key.
func identified(t *testing.T, until time.Time) config.MQTT {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "SB-4F2A91"}, NotAfter: until}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.NewKey("ops:anna", contract.ClassLook)
	if err != nil {
		t.Fatal(err)
	}
	set, err := seal.JoinKeys(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"box.toml": `camera.url = "rtsp://camera/1"
uplink.url = "rtsp://ingest/1"
[box]
id = "SB-4F2A91"
[mqtt]
broker = "ssl://127.0.0.1:1"
cert_file = "box.pem"
key_file = "box.key"
command_keys = "ops.jwks"
`,
		"box.pem":  string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})),
		"box.key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
		"ops.jwks": string(set),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings, err := config.Load(filepath.Join(dir, "box.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return settings.MQTT
}

func TestTheDoctorTellsHowTheBoxWouldShowItselfAndWhomItObeys(t *testing.T) {
	now := time.Now()
	until := now.Add(60 * 24 * time.Hour)
	m := identified(t, until)
	for age, ok := range map[time.Duration]bool{0: true, 50 * 24 * time.Hour: false, 61 * 24 * time.Hour: false} {
		found := brokerFindings(t.Context(), m, now.Add(age))
		if len(found) != 3 {
			t.Fatalf("found: %+v", found)
		}
		if broker := found[0]; broker.ok || !strings.Contains(broker.mend, "nothing listens there") {
			t.Errorf("the broker: %+v", broker)
		}
		if own := found[1]; own.ok != ok || own.found != "SB-4F2A91 until "+until.UTC().Format(time.DateOnly) {
			t.Errorf("after %s: %+v", age, own)
		}
		if keys := found[2]; !keys.ok || keys.found != "1: ops:anna" {
			t.Errorf("keys: %+v", keys)
		}
	}
	if got := brokerFindings(t.Context(), config.MQTT{}, now); len(got) != 0 {
		t.Errorf("of a box without a broker: %+v", got)
	}
	if keys := keysFinding(config.MQTT{Broker: "tcp://127.0.0.1"}); !keys.ok || !strings.Contains(keys.found, "nobody") {
		t.Errorf("without keys: %+v", keys)
	}
}
