package telemetry

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// The one account that the test brokers know when they ask for a login.
const (
	goodUser     = "box"
	goodPassword = "right"
)

// broker is a real MQTT broker that a test can stop and start again at the same
// address.
type broker interface {
	start(t *testing.T)
	stop(t *testing.T)
	addr() string
	// before start:
	secure(t *testing.T, own tls.Certificate, boxes *authority) // lets in only whom boxes certified
	forbid(t *testing.T, kinds ...contract.Kind)                // of the box's messages and subscriptions
}

// onEachBroker runs a test against Debian's broker and the embedded one. With
// login they let only goodUser in.
func onEachBroker(t *testing.T, login bool, test func(t *testing.T, b broker)) {
	t.Run("mosquitto", func(t *testing.T) { test(t, newMosquitto(t, login)) })
	t.Run("mochi", func(t *testing.T) { test(t, newEmbedded(t, login)) })
}

// running starts the broker for the length of the test.
func running(t *testing.T, b broker) {
	t.Helper()
	b.start(t)
	t.Cleanup(func() { b.stop(t) })
}

// freeAddr finds a loopback address on which nothing listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// mosquitto is Debian's broker as a child process.
type mosquitto struct {
	at      string
	program string
	config  string
	child   *exec.Cmd
}

func newMosquitto(t *testing.T, login bool) *mosquitto {
	t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		if testing.Short() {
			t.Skip("needs Debian's broker, and it is not installed: apt install mosquitto")
		}
		t.Fatal("needs Debian's broker, and it is not installed: apt install mosquitto")
	}
	dir := t.TempDir()
	m := &mosquitto{at: freeAddr(t), program: program, config: filepath.Join(dir, "mosquitto.conf")}
	_, port, _ := net.SplitHostPort(m.at)
	text := fmt.Sprintf("listener %s 127.0.0.1\nuser root\npersistence false\nallow_anonymous %t\n", port, !login)
	if login {
		passwords := filepath.Join(dir, "passwords")
		if out, err := exec.Command("mosquitto_passwd", "-c", "-b", passwords, goodUser, goodPassword).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
		text += "password_file " + passwords + "\n"
	}
	if err := os.WriteFile(m.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *mosquitto) addr() string { return m.at }

// more adds lines to the configuration.
func (m *mosquitto) more(t *testing.T, text string) {
	t.Helper()
	f, err := os.OpenFile(m.config, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (m *mosquitto) secure(t *testing.T, own tls.Certificate, boxes *authority) {
	cert, key := pemFiles(t, own)
	ca := writePEM(t, t.TempDir(), "ca.pem", "CERTIFICATE", boxes.own.Raw)
	m.more(t, fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\nuse_identity_as_username true\n", ca, cert, key))
}

// forbid leaves the subscriptions open: this broker's list of topics cannot
// close them.
func (m *mosquitto) forbid(t *testing.T, kinds ...contract.Kind) {
	list := filepath.Join(t.TempDir(), "acl")
	text := "topic read studio/#\n"
	for _, kind := range append(contract.BoxKinds(), contract.FleetKinds()...) {
		if !slices.Contains(kinds, kind) {
			text += "topic write studio/v1/+/+/" + string(kind) + "\n"
		}
	}
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m.more(t, "acl_file "+list+"\n")
}

func (m *mosquitto) start(t *testing.T) {
	t.Helper()
	m.child = exec.Command(m.program, "-c", m.config)
	if err := m.child.Start(); err != nil {
		t.Fatal(err)
	}
	awaitListener(t, m.at)
}

func (m *mosquitto) stop(t *testing.T) {
	t.Helper()
	if err := m.child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	m.child.Wait()
}

func awaitListener(t *testing.T, addr string) {
	t.Helper()
	eventually(t, "a broker at "+addr, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// eventually fails the test unless the condition comes true within 30 seconds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}
