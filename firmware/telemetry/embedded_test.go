package telemetry

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"testing"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"

	"studiobox/provisioning/contract"
)

// orderVariable tells this program that it is to be the embedded broker.
const orderVariable = "STUDIOBOX_TEST_BROKER"

// TestMain is the tests, or the broker that they started.
func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(orderVariable); ok {
		os.Exit(beEmbedded(text))
	}
	os.Exit(m.Run())
}

// order is what an embedded broker is to be.
type order struct {
	Addr      string
	Login     bool   // let only goodUser in
	Cert, Key []byte // DER (X.509, PKCS #8); both empty: not encrypted
	Boxes     []byte // authority of the boxes, DER; empty: anybody is let in
	Forbid    []contract.Kind
}

// embedded is the broker of the demo as a child process. It is one because its
// Close waits on a WaitGroup that clients who are just connecting still add
// to, which the race detector would blame on our tests.
type embedded struct {
	order order
	child *exec.Cmd
	life  io.Closer // its end is the child's
}

func newEmbedded(t *testing.T, login bool) *embedded {
	t.Helper()
	return &embedded{order: order{Addr: freeAddr(t), Login: login}}
}

func (e *embedded) addr() string { return e.order.Addr }

func (e *embedded) secure(t *testing.T, own tls.Certificate, boxes *authority) {
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	e.order.Cert, e.order.Key, e.order.Boxes = own.Certificate[0], key, boxes.own.Raw
}

func (e *embedded) forbid(_ *testing.T, kinds ...contract.Kind) { e.order.Forbid = kinds }

func (e *embedded) start(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(e.order)
	if err != nil {
		t.Fatal(err)
	}
	e.child = exec.Command("/proc/self/exe")
	e.child.Env = append(os.Environ(), orderVariable+"="+string(text), "GORACE=report_bugs=0")
	e.child.Stderr = os.Stderr
	if e.life, err = e.child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := e.child.Start(); err != nil {
		t.Fatal(err)
	}
	awaitListener(t, e.order.Addr)
}

func (e *embedded) stop(t *testing.T) {
	t.Helper()
	if err := e.child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	e.child.Wait()
	e.life.Close()
}

// beEmbedded is the child's main function: it serves until it is killed, or the
// tests that started it are gone.
func beEmbedded(text string) int {
	if err := serveEmbedded(text); err != nil {
		fmt.Fprintln(os.Stderr, "embedded broker:", err)
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func serveEmbedded(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	listener := listeners.Config{ID: "test", Address: o.Addr}
	if len(o.Cert) > 0 {
		key, err := x509.ParsePKCS8PrivateKey(o.Key)
		if err != nil {
			return err
		}
		own := tls.Certificate{Certificate: [][]byte{o.Cert}, PrivateKey: key}
		listener.TLSConfig = &tls.Config{Certificates: []tls.Certificate{own}}
		if len(o.Boxes) > 0 {
			boxes, err := x509.ParseCertificate(o.Boxes)
			if err != nil {
				return err
			}
			listener.TLSConfig.ClientCAs = x509.NewCertPool()
			listener.TLSConfig.ClientCAs.AddCert(boxes)
			listener.TLSConfig.ClientAuth = tls.RequireAndVerifyClientCert
		}
	}
	rule := auth.AuthRule{Allow: true}
	if o.Login {
		rule = auth.AuthRule{Username: goodUser, Password: goodPassword, Allow: true}
	}
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	ledger := &auth.Ledger{Auth: auth.AuthRules{rule}}
	for _, kind := range o.Forbid {
		denied := auth.Filters{auth.RString("studio/v1/+/+/" + kind): auth.Deny}
		ledger.ACL = append(ledger.ACL, auth.ACLRule{Client: box, Filters: denied})
	}
	if err := server.AddHook(new(auth.Hook), &auth.Options{Ledger: ledger}); err != nil {
		return err
	}
	if err := server.AddListener(listeners.NewTCP(listener)); err != nil {
		return err
	}
	return server.Serve()
}
