package inbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

func boxID(i int) string { return fmt.Sprintf("SB-%06d", i) }

func birth(st string) []byte {
	return contract.State{V: 1, On: 1, TS: 1, St: st, Boot: "b1"}.Encode()
}

func TestTwoConsolesShareTheMessagesWithoutRepetition(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		const messages = 200
		one, two := listening(t, b.addr, nil), listening(t, b.addr, nil)
		say := boxes(t, b)
		for n := range messages {
			say(boxID(n%20), contract.KindHealth, contract.Health{N: uint64(n + 1), St: "idle"}.Encode())
		}
		isHealth := func(u roster.Update) bool { return u.Health != nil }
		eventually(t, "all messages", func() bool { return one.count(isHealth)+two.count(isHealth) >= messages })
		if n, m := one.count(isHealth), two.count(isHealth); n+m != messages || n == 0 || m == 0 || !one.Stats().Shared {
			t.Errorf("%d and %d of %d messages, shared %t", n, m, messages, one.Stats().Shared)
		}
	})
}

func TestTheCensusTellsAllThatTheBrokerKept(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		const fleet = 1500 // more than mosquitto queues for a client
		say := boxes(t, b)
		for i := range fleet {
			say(boxID(i), contract.KindState, birth("idle"))
			say(boxID(i), contract.KindInfo, contract.Info{V: 1, SW: "1"}.Encode())
		}
		c := listening(t, b.addr, nil)
		for name, kind := range map[string]func(roster.Update) bool{
			"states": func(u roster.Update) bool { return u.State != nil && u.Retained },
			"infos":  func(u roster.Update) bool { return u.Info != nil && u.Retained },
		} {
			eventually(t, "all kept "+name, func() bool { return c.count(kind) >= fleet })
		}
		// The plain subscriptions are over: what is said now comes once.
		say(boxID(7), contract.KindState, birth("live"))
		live := func(u roster.Update) bool { return u.State != nil && u.State.St == "live" }
		eventually(t, "a state", func() bool { return c.count(live) > 0 })
		say(boxID(8), contract.KindState, birth("fault"))
		eventually(t, "another state", func() bool {
			return c.count(func(u roster.Update) bool { return u.State != nil && u.State.St == "fault" }) > 0
		})
		if n := c.count(live); n != 1 {
			t.Errorf("the state came %d times", n)
		}
	})
}

func TestABrokerThatReturnsIsAskedAnew(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		c := listening(t, b.addr, nil)
		b.stop()
		eventually(t, "deafness", func() bool { return !c.Stats().Connected })
		eventually(t, "nobody to publish to", func() bool {
			err := c.Publish(t.Context(), contract.Topic{Tenant: "bank-a", Box: boxID(1), Kind: contract.KindCmd}, []byte("x"))
			return errors.Is(err, ErrAway)
		})
		b.start(t)
		boxes(t, b)(boxID(1), contract.KindState, birth("idle")) // before the console is back, or after
		eventually(t, "a second census", func() bool { return c.Stats().Censuses == 2 })
		eventually(t, "the state", func() bool { return c.count(func(u roster.Update) bool { return u.State != nil }) > 0 })
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.hears) != 3 || c.hears[0].IsZero() || !c.hears[1].IsZero() || c.hears[2].IsZero() {
			t.Errorf("heard %v", c.hears)
		}
	})
}

func TestOneConsoleWorksWithABrokerThatCannotShare(t *testing.T) {
	b := newMochi(t, false)
	b.start(t)
	t.Cleanup(b.stop)
	say := boxes(t, b)
	say(boxID(1), contract.KindState, birth("idle"))
	for name, alone := range map[string]bool{"it refuses": false, "it is not asked": true} {
		t.Run(name, func(t *testing.T) {
			c := listening(t, b.addr, func(cfg *Config) { cfg.Alone = alone })
			say(boxID(1), contract.KindEvent, contract.Event{Epoch: "e", N: 1, Code: "started", TS: 1}.Encode())
			eventually(t, "both messages", func() bool { return c.count(func(roster.Update) bool { return true }) == 2 })
			if c.Stats().Shared {
				t.Error("it says that it shares")
			}
		})
	}
}

func TestACommandIsNeverKeptAndAWantIs(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		c := listening(t, b.addr, func(cfg *Config) {
			cfg.Open = func(sealed []byte) (contract.Want, error) {
				return contract.Want{V: 1, Rev: 9, Box: "bank-a/" + boxID(1)}, nil
			}
		})
		for kind, ok := range map[contract.Kind]bool{contract.KindCmd: true, contract.KindWant: true, contract.KindState: false} {
			topic := contract.Topic{Tenant: "bank-a", Box: boxID(1), Kind: kind}
			if err := c.Publish(t.Context(), topic, []byte("signed")); (err == nil) != ok {
				t.Errorf("%s: %v", kind, err)
			}
		}
		for _, wrong := range []struct {
			topic   contract.Topic
			payload []byte
		}{
			{contract.Topic{Tenant: "bank-a", Box: "+", Kind: contract.KindCmd}, []byte("x")},
			{contract.Topic{Tenant: "bank-a", Box: boxID(1), Kind: contract.KindCmd}, nil},
			{contract.Topic{Tenant: "bank-a", Box: boxID(1), Kind: contract.KindCmd}, make([]byte, contract.MaxCommand+1)},
		} {
			if err := c.Publish(t.Context(), wrong.topic, wrong.payload); err == nil {
				t.Errorf("published %s with %d bytes", wrong.topic, len(wrong.payload))
			}
		}
		eventually(t, "the want", func() bool {
			return c.count(func(u roster.Update) bool { return u.Want != nil && u.Want.Rev == 9 }) > 0
		})
		got := make(chan mqtt.Message, 8)
		client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.addr).SetClientID("late"))
		if token := client.Connect(); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		defer client.Disconnect(0)
		client.Subscribe("studio/v1/bank-a/"+boxID(1)+"/+", 1, func(_ mqtt.Client, m mqtt.Message) { got <- m }).Wait()
		select {
		case m := <-got:
			if !strings.HasSuffix(m.Topic(), "/want") || !m.Retained() {
				t.Errorf("kept: %s", m.Topic())
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the want was not kept")
		}
		if len(got) != 0 {
			t.Errorf("also kept: %s", (<-got).Topic())
		}
	})
}

func TestMoreThanCanBeTakenIsDroppedAndCounted(t *testing.T) {
	taken := make(chan roster.Update)
	i, err := New(Config{Broker: "tcp://localhost", Take: func(u roster.Update) { taken <- u }}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { i.work(ctx); close(ended) }()
	const more = 5
	topic := contract.Topic{Tenant: "bank-a", Box: boxID(1), Kind: contract.KindState}.String()
	i.arrive(arrival{topic: topic, payload: birth("idle")})
	eventually(t, "the first to be under way", func() bool { return i.Stats().Waiting == 0 })
	for range laneLength + more { // returns although nobody takes
		i.arrive(arrival{topic: topic, payload: birth("idle")})
	}
	i.arrive(arrival{topic: topic, payload: make([]byte, mostPayload+1)})
	if s := i.Stats(); s.Dropped != more || s.Waiting != laneLength || s.Refused != 1 {
		t.Errorf("%+v", s)
	}
	go func() {
		for range taken {
		}
	}()
	eventually(t, "all that waited", func() bool { return i.Stats().Waiting == 0 })
	cancel()
	<-ended
	close(taken)
}

func TestTheMessagesOfABoxStayInOrder(t *testing.T) {
	c := &console{}
	i, err := New(Config{Broker: "tcp://localhost", Take: func(u roster.Update) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.took = append(c.took, u)
	}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 500 {
		for b := range 10 {
			kind, payload := contract.KindHealth, contract.Health{N: uint64(n), St: "idle"}.Encode()
			if n%3 == 0 {
				kind, payload = contract.KindEvent, contract.Event{Epoch: "e", N: uint64(n + 1), Code: "started", TS: 1}.Encode()
			}
			i.arrive(arrival{topic: contract.Topic{Tenant: "bank-a", Box: boxID(b), Kind: kind}.String(), payload: payload, at: time.Unix(int64(n), 0)})
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { i.work(ctx); close(ended) }()
	eventually(t, "all", func() bool { return c.count(func(roster.Update) bool { return true }) == 5000 })
	cancel()
	<-ended
	last := map[string]time.Time{}
	for _, u := range c.took {
		if u.At.Before(last[u.Box]) {
			t.Fatalf("%s: %v came after %v", u.Box, u.At, last[u.Box])
		}
		last[u.Box] = u.At
	}
}

func TestWhatIsNotOfTheContractIsRefusedAndCounted(t *testing.T) {
	i, err := New(Config{Broker: "tcp://localhost", Take: func(u roster.Update) { t.Errorf("taken: %+v", u) },
		Open: func([]byte) (contract.Want, error) { return contract.Want{Box: "bank-a/SB-000002"}, nil }}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []arrival{
		{topic: "studio/v1/bank-a/SB-000001/state", payload: []byte("rubbish")},
		{topic: "studio/v1/bank-a/SB-000001/cmd", payload: []byte("{}")},
		{topic: "studio/v2/bank-a/SB-000001/state", payload: birth("idle")},
		{topic: "studio/v1/bank-a/SB-000001/want", payload: []byte("another's")},
	} {
		i.deliver(a)
	}
	i.deliver(arrival{topic: "studio/v1/bank-a/SB-000001/state"}) // deleted: nothing to refuse
	if n := i.Stats().Refused; n != 4 {
		t.Errorf("%d refused, want 4", n)
	}
}

func TestTheConsoleShowsItsCertificate(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir)
	ca.issue(t, "broker", x509.ExtKeyUsageServerAuth)
	ca.issue(t, "console", x509.ExtKeyUsageClientAuth)
	file := func(name string) string { return filepath.Join(dir, name) }
	b := newMosquitto(t, fmt.Sprintf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\nuse_identity_as_username true\n",
		file("ca.pem"), file("broker.pem"), file("broker.key")))
	b.start(t)
	t.Cleanup(b.stop)
	own, err := tls.LoadX509KeyPair(file("console.pem"), file("console.key"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	c := listening(t, b.addr, func(cfg *Config) {
		cfg.Broker = "ssl://" + b.addr
		cfg.TLS = &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{own}}
	})
	if !c.Stats().Connected {
		t.Error("not connected")
	}
	stranger, err := New(Config{Broker: "ssl://" + b.addr, Take: func(roster.Update) {}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.connection(t.Context()); err == nil || !strings.Contains(err.Error(), "authority") {
		t.Errorf("a broker of an unknown authority: %v", err)
	}
}

// authority signs certificates of the test.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, dir string) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	a := &authority{dir: dir, cert: template, key: key}
	a.write(t, "ca", template, key)
	return a
}

// issue writes a certificate and its key.
func (a *authority) issue(t *testing.T, name string, use x509.ExtKeyUsage) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, name, &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{use},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}, key)
}

func (a *authority) write(t *testing.T, name string, template *x509.Certificate, key *ecdsa.PrivateKey) {
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if template == a.cert {
		if a.cert, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for ending, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(a.dir, name+ending), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
