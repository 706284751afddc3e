package broker_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/fleet"
	embedded "studiobox/provisioning/fleet/broker"
)

// password is that of every account of the tests.
const password = "secret"

// broker is one of the brokers that keep the same access list.
type broker interface {
	boxes() string    // ssl:// address of the door for certificates
	accounts() string // address of the door for passwords
	trust() *tls.Config
	paper(box string) tls.Certificate
	// inject publishes without asking for rights.
	inject(t *testing.T, topic, text string)
	// saw tells whether a message was taken; one that is expected is waited for.
	saw(t *testing.T, topic, text string, expected bool) bool
}

func onEachBroker(t *testing.T, test func(*testing.T, broker)) {
	t.Run("embedded", func(t *testing.T) { test(t, newEmbedded(t)) })
	t.Run("mosquitto", func(t *testing.T) { test(t, newMosquitto(t)) })
}

// client is an MQTT client whose line a test can cut.
type client struct {
	mqtt.Client
	conn net.Conn
}

func (c *client) cut() { c.conn.Close() }

// dial connects as a box or an account.
func dial(b broker, who string, change func(*mqtt.ClientOptions)) (*client, error) {
	o := mqtt.NewClientOptions().SetClientID(who).SetAutoReconnect(false).SetConnectRetry(false).SetProtocolVersion(4).
		SetConnectTimeout(10 * time.Second).SetOrderMatters(true)
	if strings.HasPrefix(who, "SIM-") {
		o.AddBroker(b.boxes()).SetTLSConfig(with(b.trust(), b.paper(who)))
	} else {
		o.AddBroker(b.accounts()).SetTLSConfig(b.trust()).SetUsername(who).SetPassword(password)
	}
	if change != nil {
		change(o)
	}
	c := &client{}
	o.SetCustomOpenConnectionFn(func(u *url.URL, o mqtt.ClientOptions) (net.Conn, error) {
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			return nil, err
		}
		c.conn = conn
		secure := tls.Client(conn, o.TLSConfig)
		return secure, secure.Handshake()
	})
	c.Client = mqtt.NewClient(o)
	token := c.Connect()
	token.Wait()
	return c, token.Error()
}

// enter connects for the length of a test. A broker may shut the door on a
// client for its will: then nothing comes through, which is what is asked.
func enter(t *testing.T, b broker, who string, change func(*mqtt.ClientOptions)) *client {
	t.Helper()
	c, err := dial(b, who, change)
	if err != nil && change == nil {
		t.Fatalf("%s cannot come in: %v", who, err)
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

// finished waits until the broker has answered or the connection is gone.
func finished(token mqtt.Token, c *client) {
	for !token.WaitTimeout(20 * time.Millisecond) {
		if !c.IsConnectionOpen() {
			return
		}
	}
}

func with(trust *tls.Config, paper tls.Certificate) *tls.Config {
	trust = trust.Clone()
	trust.Certificates = []tls.Certificate{paper}
	return trust
}

// house is what both brokers have of certificates, and what was seen at them.
type house struct {
	*authority
	own  *testing.T
	mu   sync.Mutex
	seen []string
}

func (h *house) paper(box string) tls.Certificate { return h.issue(h.own, box) }

func (h *house) trust() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: h.pool(), ServerName: "127.0.0.1"}
}

func (h *house) note(topic, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, topic+" "+text)
}

func (h *house) has(topic, text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.seen {
		if s == topic+" "+text {
			return true
		}
	}
	return false
}

// inOrder waits for the second message and tells whether the first came before.
func (h *house) inOrder(topic, first, second string) bool {
	eventually(func() bool { return h.has(topic, second) })
	h.mu.Lock()
	defer h.mu.Unlock()
	at := slices.Index(h.seen, topic+" "+first)
	return at >= 0 && at < slices.Index(h.seen, topic+" "+second)
}

// wait waits for a message; a denied one is proven by a later one that came.
func (h *house) wait(t *testing.T, inject func(topic, text string), topic, text string, expected bool) bool {
	t.Helper()
	if expected {
		return eventually(func() bool { return h.has(topic, text) })
	}
	inject("mark", text)
	if !eventually(func() bool { return h.has("mark", text) }) {
		t.Fatal("not even the mark arrives")
	}
	return h.has(topic, text)
}

// eventually tells whether something comes true within 30 seconds.
func eventually(is func() bool) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			return false
		}
	}
	return true
}

// embeddedBroker is the broker of this package.
type embeddedBroker struct {
	house
	boxDoor, accountDoor net.Listener
	b                    *embedded.Broker
	root                 *mochi.Client
}

func newEmbedded(t *testing.T) *embeddedBroker {
	t.Helper()
	e := &embeddedBroker{house: house{authority: newAuthority(t), own: t}, boxDoor: listen(t), accountDoor: listen(t)}
	server := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{e.issue(t, "broker")}}
	mutual := server.Clone()
	mutual.ClientCAs, mutual.ClientAuth = e.pool(), tls.RequireAndVerifyClientCert
	var err error
	e.b, err = embedded.New(embedded.Config{
		Doors: []embedded.Door{
			{Name: "boxes", Listener: e.boxDoor, TLS: mutual, Proof: embedded.ByCertificate},
			{Name: "accounts", Listener: e.accountDoor, TLS: server, Proof: embedded.ByPassword},
		},
		Tenant:   tenantOf,
		Accounts: []embedded.Account{{Name: "console", Password: password, Role: embedded.RoleConsole}, {Name: "metrics", Password: password, Role: embedded.RoleMetrics}},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.b.Server().AddHook(&spy{note: e.note}, nil); err != nil {
		t.Fatal(err)
	}
	e.root = e.b.Server().NewClient(nil, "local", "root", true)
	serve(t, e.b)
	return e
}

// serve runs the broker for the length of the test.
func serve(t *testing.T, b *embedded.Broker) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func tenantOf(box string) (string, bool) {
	tenant, ok := map[string]string{mine: "b-0001", sibling: "b-0001", foreign: "b-0002"}[box]
	return tenant, ok
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (e *embeddedBroker) boxes() string    { return "ssl://" + e.boxDoor.Addr().String() }
func (e *embeddedBroker) accounts() string { return "ssl://" + e.accountDoor.Addr().String() }

func (e *embeddedBroker) inject(t *testing.T, topic, text string) {
	t.Helper()
	err := e.b.Server().InjectPacket(e.root, packets.Packet{
		TopicName: topic, Payload: []byte(text), PacketID: 1, FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (e *embeddedBroker) saw(t *testing.T, topic, text string, expected bool) bool {
	return e.wait(t, func(topic, text string) { e.inject(t, topic, text) }, topic, text, expected)
}

// spy notes every message that the embedded broker took.
type spy struct {
	mochi.HookBase
	note func(topic, text string)
}

func (*spy) ID() string { return "spy" }
func (*spy) Provides(b byte) bool {
	return bytes.IndexByte([]byte{mochi.OnPublished, mochi.OnWillSent}, b) >= 0
}
func (s *spy) OnPublished(_ *mochi.Client, pk packets.Packet) {
	s.note(pk.TopicName, string(pk.Payload))
}
func (s *spy) OnWillSent(_ *mochi.Client, pk packets.Packet) {
	s.note(pk.TopicName, string(pk.Payload))
}

// mosquittoBroker is Debian's broker with the files that studiofleet acl wrote.
type mosquittoBroker struct {
	house
	boxPort, accountPort string
	witness              *client
}

func newMosquitto(t *testing.T) *mosquittoBroker {
	t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		if testing.Short() {
			t.Skip("needs Debian's mosquitto")
		}
		t.Fatal("needs Debian's broker: apt install mosquitto")
	}
	dir := t.TempDir()
	m := &mosquittoBroker{house: house{authority: newAuthority(t), own: t}, boxPort: freePort(t), accountPort: freePort(t)}
	m.write(t, dir)
	m.configure(t, dir)
	child := exec.Command(program, "-c", filepath.Join(dir, "mosquitto.conf"))
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	m.awaitWitness(t)
	return m
}

// configure writes what studiofleet acl writes and prints, with the paths, ports
// and the all-seeing witness of the test.
func (m *mosquittoBroker) configure(t *testing.T, dir string) {
	t.Helper()
	boxes, acl := filepath.Join(dir, "boxes.csv"), filepath.Join(dir, "acl")
	put(t, boxes, list)
	out := command(t, "acl", "--boxes", boxes, "--out", acl)
	text, err := os.ReadFile(acl)
	if err != nil {
		t.Fatal(err)
	}
	put(t, acl, string(text)+"\nuser witness\ntopic readwrite #\n")
	conf := strings.NewReplacer(
		"listener 8883", "listener "+m.boxPort+" 127.0.0.1", "listener 8884", "listener "+m.accountPort+" 127.0.0.1",
		"/etc/mosquitto", dir, "persistence true", "user root\nlog_type error\npersistence false",
	).Replace(out)
	put(t, filepath.Join(dir, "mosquitto.conf"), conf)
	put(t, filepath.Join(dir, "passwords"), "")
	for _, account := range []string{"console", "metrics", "witness"} {
		if out, err := exec.Command("mosquitto_passwd", "-b", filepath.Join(dir, "passwords"), account, password).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
}

// command runs studiofleet and returns what it prints.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out, wrong bytes.Buffer
	if code := fleet.Run(t.Context(), args, strings.NewReader(""), &out, &wrong); code != 0 {
		t.Fatalf("studiofleet %s: %s", strings.Join(args, " "), wrong.String())
	}
	return out.String()
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l := listen(t)
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func (m *mosquittoBroker) awaitWitness(t *testing.T) {
	t.Helper()
	var err error
	up := eventually(func() bool {
		m.witness, err = dial(m, "witness", nil)
		return err == nil
	})
	if !up {
		t.Fatalf("mosquitto does not come up: %v", err)
	}
	t.Cleanup(func() { m.witness.Disconnect(0) })
	token := m.witness.Subscribe("#", 1, func(_ mqtt.Client, msg mqtt.Message) { m.note(msg.Topic(), string(msg.Payload())) })
	if token.Wait(); token.Error() != nil {
		t.Fatal(token.Error())
	}
}

func (m *mosquittoBroker) boxes() string    { return "ssl://127.0.0.1:" + m.boxPort }
func (m *mosquittoBroker) accounts() string { return "ssl://127.0.0.1:" + m.accountPort }

func (m *mosquittoBroker) inject(t *testing.T, topic, text string) {
	t.Helper()
	if token := m.witness.Publish(topic, 1, false, text); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatalf("inject: %v", token.Error())
	}
}

func (m *mosquittoBroker) saw(t *testing.T, topic, text string, expected bool) bool {
	return m.wait(t, func(topic, text string) { m.inject(t, topic, text) }, topic, text, expected)
}
