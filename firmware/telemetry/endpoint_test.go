package telemetry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

func TestBrokerAddressesAreReadOrRefusedInOneLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"tcp://10.0.0.5:1884", "tcp://10.0.0.5:1884"},
		{"mqtt://broker", "tcp://broker:1883"},
		{"mqtts://broker", "ssl://broker:8883"},
		{"ssl://[fd00::1]", "ssl://[fd00::1]:8883"},
		{"", `the broker's address cannot be understood; write for example ssl://mqtt.example.net:8883`},
		{"tcp://", `the broker's address cannot be understood; write for example ssl://mqtt.example.net:8883`},
		{"tcp://user:secret@bad host", `the broker's address cannot be understood; write for example ssl://mqtt.example.net:8883`},
		{"http://broker", `the broker's address begins with "http://"; write tcp:// or, encrypted, ssl://`},
	} {
		got, err := parseBroker(c.text)
		if err == nil && got.String() != c.want || err != nil && err.Error() != c.want {
			t.Errorf("%q: %v, %v; want %s", c.text, got, err, c.want)
		}
	}
}

func TestTheReasonIsOneLineThatDoesNotChangeFromAttemptToAttempt(t *testing.T) {
	at := func(port int) error {
		return &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: port}, Err: os.NewSyscallError("read", syscall.EHOSTUNREACH)}
	}
	e := endpoint{host: "broker", port: "1883"}
	for _, c := range []struct {
		err     error
		want    string
		refused bool
	}{
		{at(40001), "broker tcp://broker:1883: read: no route to host", false},
		{at(40002), "broker tcp://broker:1883: read: no route to host", false},
		{packets.ErrorRefusedNotAuthorised, `broker tcp://broker:1883 refused the login of user "anna"; check mqtt.user and mqtt.password_file`, true},
		{packets.ErrorRefusedBadUsernameOrPassword, `broker tcp://broker:1883 refused the login of user "anna"; check mqtt.user and mqtt.password_file`, true},
		{packets.ErrorRefusedIDRejected, `broker tcp://broker:1883 refused this box (identifier rejected); ask who runs the broker`, true},
		{packets.ErrorRefusedServerUnavailable, `broker tcp://broker:1883: server Unavailable`, false},
		{io.EOF, "broker tcp://broker:1883: it closed the connection", false},
		{errNoAck, "broker tcp://broker:1883: the broker does not acknowledge", false},
	} {
		got := e.explain("anna", c.err)
		if got.Error() != c.want || errors.Is(got, errRefused) != c.refused {
			t.Errorf("\n got %v\nwant %s", got, c.want)
		}
	}
}

func TestAnIdThatWouldBreakTheTopicIsRefused(t *testing.T) {
	for _, c := range []struct{ tenant, box string }{
		{"", box}, {"b/1", box}, {"+", box}, {tenant, "#"}, {tenant, "SB"}, {tenant, "SB-4F/291"},
	} {
		cfg := Config{Broker: "tcp://nowhere", Tenant: c.tenant, Box: c.box}
		if _, err := New(cfg, newStudio(), slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("tenant %q, box %q: accepted", c.tenant, c.box)
		}
	}
}

func TestAnEncryptedBrokerIsReachedOrTheReasonNamed(t *testing.T) {
	at, roots := encryptedBroker(t, time.Now().Add(time.Hour))
	_, port, _ := net.SplitHostPort(at)
	old, oldRoots := encryptedBroker(t, time.Now().Add(-time.Hour))
	plain := newEmbedded(t, false)
	running(t, plain)
	for _, c := range []struct {
		broker string
		trust  *x509.CertPool
		want   string // part of the error; empty: it connects
	}{
		{"ssl://" + at, roots, ""},
		{"ssl://" + at, x509.NewCertPool(), "name the authority's file in mqtt.ca_file"},
		{"ssl://" + old, oldRoots, "check the clock of this box"},
		{"ssl://localhost:" + port, roots, "check the host in mqtt.broker"},
		{"tcp://" + at, nil, "closed the connection"},
		{"tcp://broker.invalid", nil, "there is no such host"},
	} {
		s := report(t, Config{Broker: c.broker, TLS: &tls.Config{RootCAs: c.trust}}, quickPace())
		eventually(t, c.broker+": "+c.want, func() bool {
			got := s.Stats()
			return got.Connected == (c.want == "") && strings.Contains(got.LastError, c.want)
		})
		s.end()
	}
}

// encryptedBroker runs an embedded broker with a certificate for 127.0.0.1.
func encryptedBroker(t *testing.T, until time.Time) (addr string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(cert)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	b := newEmbedded(t, false)
	b.order.Cert, b.order.Key = der, keyDER
	running(t, b)
	return b.addr(), roots
}
