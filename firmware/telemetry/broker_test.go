package telemetry

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
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
		t.Skip("needs Debian's broker, and it is not installed: apt install mosquitto")
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
