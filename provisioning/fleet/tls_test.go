package fleet

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// certificate writes one for 127.0.0.1 that vouches for itself, and returns whom
// to trust.
func (l *load) certificate(t *testing.T) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "console"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(l.path(name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

// A browser has six connections to a host by HTTP/1.1, and each open page needs
// one. By HTTP/2 one connection carries them all, for longer than the limits of
// the server's other answers.
func TestOverTLSManyLivePagesShareOneConnection(t *testing.T) {
	l := newLoad(t, 1)
	l.embedded(t)
	trust := l.certificate(t)
	config := "[console]\nlisten = \"" + freeAddress(t) + "\"\nmetrics_listen = \"\"\ncert_file = \"" + l.path("cert.pem") + "\"\nkey_file = \"" + l.path("key.pem") + "\"\n" +
		"[broker]\nurl = \"" + l.url + "\"\npassword_file = \"" + l.path("password") + "\"\n[data]\ndatabase = \"" + l.path("fleet.db") + "\"\n"
	if err := os.WriteFile(l.path("fleet.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(studiofleet(t, "--log", "error", "serve", "--config", l.path("fleet.toml")).said(t, `(https://\S+token=\S+)`))
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dials := 0
	client := http.Client{Jar: jar, Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: trust},
		Dial: func(network, address string) (net.Conn, error) { dials++; return net.Dial(network, address) },
	}}
	base := "https://" + link.Host
	answer, err := client.PostForm(base+link.Path, url.Values{"token": {link.Query().Get("token")}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
		t.Fatalf("the page is %s by %s", answer.Status, answer.Proto)
	}
	var last *bufio.Reader
	for range 8 {
		live, err := client.Get(base + "/live")
		if err != nil {
			t.Fatal(err)
		}
		defer live.Body.Close()
		last = bufio.NewReader(live.Body)
		line, err := last.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "data: ") {
			t.Fatalf("a live page says %.80q, %v", line, err)
		}
	}
	// It says something every 20 s at least, which is beyond the limits of reading
	// and of writing.
	for line := ""; !strings.HasPrefix(line, "data: "); {
		if line, err = last.ReadString('\n'); err != nil {
			t.Fatalf("a live page ends: %v", err)
		}
	}
	if dials != 1 {
		t.Errorf("eight live pages and another took %d connections", dials)
	}
}
