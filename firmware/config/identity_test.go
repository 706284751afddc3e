package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

const withIdentity = least + `[box]
id = "SB-4F2A91"
[mqtt]
broker = "ssl://broker"
cert_file = "box.pem"
key_file = "box.key"
command_keys = "ops.jwks"
`

// identityOf is what a box with a certificate made out to a name finds beside its
// box.toml.
func identityOf(t *testing.T, name string) map[string]string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
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
	return map[string]string{
		"box.toml": withIdentity,
		"box.pem":  string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})),
		"box.key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
		"ops.jwks": string(set),
	}
}

func TestABoxShowsItsCertificateAndKnowsWhomItObeys(t *testing.T) {
	got, err := inFolder(t, identityOf(t, "SB-4F2A91"))
	if err != nil {
		t.Fatal(err)
	}
	if name := shown(t, got).Subject.CommonName; name != "SB-4F2A91" {
		t.Errorf("shows one of %s", name)
	}
	if signers := got.MQTT.Keyring().Signers(); len(signers) != 1 || signers[0].Who != "ops:anna" {
		t.Errorf("obeys %+v", signers)
	}
}

func TestABoxWithoutThemShowsNothingAndObeysNobody(t *testing.T) {
	got, err := inFolder(t, map[string]string{"box.toml": least + "[mqtt]\nbroker = \"ssl://broker\"\n"})
	if err != nil {
		t.Fatal(err)
	}
	if got.MQTT.Client() != nil || got.MQTT.Keyring() != nil {
		t.Errorf("%+v, %+v", got.MQTT.Client(), got.MQTT.Keyring())
	}
}

func TestAnIdentityThatIsNotThisBoxsIsToldInOneExactLine(t *testing.T) {
	for name, c := range map[string]struct {
		made  string // for whom
		alter map[string]string
		want  string
	}{
		"another box": {"SB-000000", nil,
			`box.toml:10: mqtt.key_file: the certificate is for "SB-000000", and box.id is "SB-4F2A91"; they must be the same`},
		"another key": {"SB-4F2A91", map[string]string{"box.key": identityOf(t, "SB-4F2A91")["box.key"]},
			`box.toml:10: mqtt.key_file: does not go with cert_file: tls: private key does not match public key`},
		"no such key file": {"SB-4F2A91", map[string]string{"box.toml": strings.Replace(withIdentity, "box.key", "none.key", 1)},
			`box.toml:10: mqtt.key_file: none.key: no such file or directory`},
		"keys that are none": {"SB-4F2A91", map[string]string{"ops.jwks": "anna"},
			`box.toml:11: mqtt.command_keys: `},
	} {
		files := identityOf(t, c.made)
		maps.Copy(files, c.alter)
		_, err := inFolder(t, files)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n got %v\nwant %s", name, err, c.want)
		}
	}
}

func TestAKeyThatOthersCanReadIsRefused(t *testing.T) {
	dir := t.TempDir()
	for name, text := range identityOf(t, "SB-4F2A91") {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for mode, want := range map[os.FileMode]string{
		0o600: "", 0o400: "",
		0o640: `box.toml:10: mqtt.key_file: box.key can be read by others (mode 0640); run: chmod 600 box.key`,
		0o604: `box.toml:10: mqtt.key_file: box.key can be read by others (mode 0604); run: chmod 600 box.key`,
	} {
		if err := os.Chmod("box.key", mode); err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, err := Load("box.toml"); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%04o:\n got %s\nwant %s", mode, got, want)
		}
	}
}
