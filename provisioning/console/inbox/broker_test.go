package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// broker is a real broker that a test can end and start again at one address.
type broker struct {
	addr  string
	make  func() *exec.Cmd
	child *exec.Cmd
	life  io.Closer // its end is an embedded broker's
	// leaky is a broker that forgets what is said in the very moment in which it
	// hands a session over to the next connection (mochi).
	leaky bool
}

func (b *broker) start(t testing.TB) {
	t.Helper()
	b.child = b.make()
	b.child.Stderr = os.Stderr
	var err error
	if b.life, err = b.child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := b.child.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a broker at "+b.addr, func() bool {
		conn, err := net.Dial("tcp", b.addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

func (b *broker) stop() {
	b.child.Process.Kill()
	b.child.Wait()
	b.life.Close()
}

// onEach runs a test against Debian's broker and the embedded one.
func onEach(t *testing.T, test func(t *testing.T, b *broker)) {
	for name, b := range map[string]func(*testing.T) *broker{
		"mosquitto": func(t *testing.T) *broker { return newMosquitto(t, "allow_anonymous true\n") },
		"mochi":     func(t *testing.T) *broker { return newMochi(t, true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait more than they work
			b := b(t)
			b.start(t)
			t.Cleanup(b.stop)
			test(t, b)
		})
	}
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// newMosquitto is Debian's broker with further lines of its configuration.
func newMosquitto(t testing.TB, lines string) *broker {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a mosquitto")
	}
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		t.Fatal("needs Debian's broker, and it is not installed: apt install mosquitto")
	}
	b := &broker{addr: freeAddr(t)}
	_, port, _ := net.SplitHostPort(b.addr)
	config := filepath.Join(t.TempDir(), "mosquitto.conf")
	text := fmt.Sprintf("listener %s 127.0.0.1\nuser root\nmax_queued_messages 0\nset_tcp_nodelay true\nlog_type error\n%s", port, lines)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.make = func() *exec.Cmd { return exec.Command(program, "-c", config) }
	return b
}

// orderVariable tells this program that it is to be the embedded broker: in a
// process of its own, since it can only be killed, not closed, in good order.
const orderVariable = "STUDIOBOX_TEST_INBOX_BROKER"

type order struct {
	Addr  string
	Share bool
}

func newMochi(t *testing.T, share bool) *broker {
	t.Helper()
	o := order{Addr: freeAddr(t), Share: share}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return &broker{addr: o.Addr, leaky: true, make: func() *exec.Cmd {
		child := exec.Command("/proc/self/exe")
		child.Env = append(os.Environ(), orderVariable+"="+string(text), "GORACE=report_bugs=0")
		return child
	}}
}

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(orderVariable); ok {
		os.Exit(beMochi(text))
	}
	if text, ok := os.LookupEnv(consoleVariable); ok {
		os.Exit(beConsole(text))
	}
	os.Exit(m.Run())
}

// beMochi serves until it is killed, or the test that started it is gone.
func beMochi(text string) int {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return 2
	}
	limits := mochi.NewDefaultServerCapabilities()
	// Beyond the first two, mochi forgets what it should keep.
	limits.MaximumInflight, limits.ReceiveMaximum, limits.MaximumClientWritesPending = 60_000, 60_000, 60_000
	s := mochi.New(&mochi.Options{Capabilities: limits, Logger: slog.New(slog.DiscardHandler)})
	if s.AddHook(&doorman{share: o.Share}, nil) != nil || s.AddListener(listeners.NewTCP(listeners.Config{ID: "t", Address: o.Addr})) != nil || s.Serve() != nil {
		return 2
	}
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// doorman lets everybody in, and refuses shared subscriptions if told so.
type doorman struct {
	auth.AllowHook
	share bool
}

func (d *doorman) OnACLCheck(_ *mochi.Client, topic string, _ bool) bool {
	return d.share || !strings.HasPrefix(topic, "$share/")
}

// eventually fails the test unless the condition comes true within 30 seconds.
func eventually(t testing.TB, what string, is func() bool) {
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

// boxes is a client that speaks for all boxes.
func boxes(t *testing.T, b *broker) func(box string, kind contract.Kind, payload []byte) {
	t.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.addr).SetClientID("boxes").SetProtocolVersion(4))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { client.Disconnect(0) })
	return func(box string, kind contract.Kind, payload []byte) {
		t.Helper()
		topic := contract.Topic{Tenant: "bank-a", Box: box, Kind: kind}
		token := client.Publish(topic.String(), kind.QoS(), kind.Retained(), payload)
		if token.Wait(); token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
}

// console is an inbox that runs, and what it took.
type console struct {
	*Inbox
	mu    sync.Mutex
	took  []roster.Update
	hears []time.Time
	stop  func() // ends it and waits for that
}

// listening starts a console and waits for its census, unless it has no broker.
func listening(t *testing.T, addr string, change func(*Config)) *console {
	t.Helper()
	c := &console{}
	cfg := Config{
		Broker: "tcp://" + addr,
		Take: func(u roster.Update) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.took = append(c.took, u)
		},
		Hear: func(since time.Time) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.hears = append(c.hears, since)
		},
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if c.Inbox, err = New(cfg, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	c.pace.first, c.pace.longest, c.pace.quiet = 100*time.Millisecond, 200*time.Millisecond, 300*time.Millisecond
	c.pace.again = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(c.stop)
	eventually(t, "the census, and ears for events", func() bool { return c.Stats().Censuses > 0 && c.Stats().Connected })
	return c
}

// count counts what it took.
func (c *console) count(of func(roster.Update) bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, u := range c.took {
		if of(u) {
			n++
		}
	}
	return n
}
