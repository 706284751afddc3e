package broker_test

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
	embedded "studiobox/provisioning/fleet/broker"
)

func TestANewConsoleIsGivenEveryRetainedMessageOfALargeFleet(t *testing.T) {
	e := newEmbedded(t)
	const boxes = 10_000
	for i := range boxes {
		err := e.b.Server().InjectPacket(e.root, packets.Packet{
			TopicName: topic("b-0001", fmt.Sprintf("SIM-%05d", i), contract.KindState), Payload: []byte(strconv.Itoa(i)), PacketID: 1,
			FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1, Retain: true},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for qos := range byte(2) {
		var mu sync.Mutex
		got := map[string]bool{}
		c := enter(t, e, "console", func(o *mqtt.ClientOptions) { o.SetClientID(fmt.Sprint("console-", qos)) })
		finished(c.Subscribe(topic("+", "+", contract.KindState), qos, func(_ mqtt.Client, m mqtt.Message) {
			mu.Lock()
			defer mu.Unlock()
			got[m.Topic()] = true
		}), c)
		count := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(got)
		}
		if !eventually(func() bool { return count() == boxes }) {
			t.Errorf("QoS %d: %d of %d retained messages arrived", qos, count(), boxes)
		}
	}
}

func TestAnAccountCannotPutABoxOutByItsClientID(t *testing.T) {
	e := newEmbedded(t)
	victim := enter(t, e, mine, nil)
	if c, err := dial(e, "console", func(o *mqtt.ClientOptions) { o.SetClientID(mine) }); err == nil {
		c.Disconnect(0)
		t.Error("it was let in")
	}
	if !victim.IsConnectionOpen() {
		t.Error("the box is out")
	}
}

// slow delays the end of the first session that it meets.
type slow struct {
	mochi.HookBase
	at            byte // OnUnsubscribed or OnWill
	met           atomic.Bool
	entered, left chan struct{}
}

func newSlow(t *testing.T, e *embeddedBroker, at byte) *slow {
	t.Helper()
	s := &slow{at: at, entered: make(chan struct{}), left: make(chan struct{})}
	if err := e.b.Server().AddHook(s, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

func (*slow) ID() string             { return "slow" }
func (s *slow) Provides(b byte) bool { return b == s.at }

func (s *slow) OnUnsubscribed(*mochi.Client, packets.Packet) { s.hold() }

func (s *slow) OnWill(_ *mochi.Client, w mochi.Will) (mochi.Will, error) {
	s.hold()
	return w, nil
}

func (s *slow) hold() {
	if s.met.CompareAndSwap(false, true) {
		close(s.entered)
		time.Sleep(300 * time.Millisecond)
		close(s.left)
	}
}

func TestABoxThatComesBackBeforeItsOldSessionIsOverHears(t *testing.T) {
	e := newEmbedded(t)
	s, cmd := newSlow(t, e, mochi.OnUnsubscribed), topic("b-0001", mine, contract.KindCmd)
	heard := make(chan string, 100)
	hear := func(_ mqtt.Client, m mqtt.Message) { heard <- string(m.Payload()) }
	old := enter(t, e, mine, nil)
	finished(old.Subscribe(cmd, 1, hear), old)
	old.cut()
	<-s.entered
	c := enter(t, e, mine, nil)
	finished(c.Subscribe(cmd, 1, hear), c)
	<-s.left
	until := time.Now().Add(200 * time.Millisecond) // for what the old session still does after that
	eventually(func() bool { return time.Now().After(until) })
	for i := range 20 {
		e.inject(t, cmd, strconv.Itoa(i))
	}
	for got := ""; got != "19"; {
		select {
		case got = <-heard:
		case <-time.After(10 * time.Second):
			t.Fatal("it is connected and deaf")
		}
	}
}

func TestTheOldWillComesBeforeTheNewBirth(t *testing.T) {
	e := newEmbedded(t)
	s, state := newSlow(t, e, mochi.OnWill), topic("b-0001", mine, contract.KindState)
	old := enter(t, e, mine, func(o *mqtt.ClientOptions) { o.SetWill(state, "will", 1, false) })
	old.cut()
	<-s.entered
	c := enter(t, e, mine, nil)
	finished(c.Publish(state, 1, false, "birth"), c)
	if !e.inOrder(state, "will", "birth") {
		t.Error("the will came after the birth")
	}
}

func TestTheBrokerEndsInGoodOrderWhileClientsComeAndGo(t *testing.T) {
	var tried atomic.Int64
	var clients sync.WaitGroup
	defer clients.Wait()
	t.Run("a broker's life", func(t *testing.T) {
		e := newEmbedded(t) // its Run must return without an error before this sub-test ends
		for i := range 8 {
			clients.Go(func() {
				for n := range 200 {
					c, err := dial(e, "console", func(o *mqtt.ClientOptions) { o.SetClientID(fmt.Sprintf("console-%d-%d", i, n)) })
					tried.Add(1)
					if err != nil {
						return // the broker is gone
					}
					c.cut()
				}
			})
		}
		if !eventually(func() bool { return tried.Load() > 40 }) {
			t.Error("no client came")
		}
	})
}

func TestADoorThatForgetsToVerifyCertificatesLetsNobodyIn(t *testing.T) {
	e := newEmbedded(t)
	door := listen(t)
	b, err := embedded.New(embedded.Config{
		Doors: []embedded.Door{{Name: "lax", Listener: door, Proof: embedded.ByCertificate, TLS: &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{e.issue(t, "broker")}, ClientAuth: tls.RequireAnyClientCert,
		}}},
		Tenant: tenantOf,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	serve(t, b)
	c, err := dial(e, mine, func(o *mqtt.ClientOptions) {
		o.Servers = nil
		o.AddBroker("ssl://" + door.Addr().String()).SetTLSConfig(with(e.trust(), newAuthority(t).issue(t, mine)))
	})
	if err == nil {
		c.Disconnect(0)
		t.Error("a certificate that nobody verified lets a box in")
	}
}
