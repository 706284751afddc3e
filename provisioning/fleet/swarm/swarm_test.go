package swarm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/oklog/ulid/v2"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
	"studiobox/provisioning/fleet/broker"
	"studiobox/provisioning/fleet/swarm"
)

const password = "secret"

// quick is the real pace, a hundred times as fast where that is bearable.
func quick() swarm.Pace {
	p := swarm.RealPace()
	p.Idle, p.Live, p.Retry, p.RetryMax = 600*time.Millisecond, 150*time.Millisecond, 40*time.Millisecond, 500*time.Millisecond
	return p
}

// startBroker serves at an address ("127.0.0.1:0" for any) until stop is called.
func startBroker(t *testing.T, address string, boxes []swarm.Box) (url string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, b := range boxes {
		of[b.ID] = b.Tenant
	}
	b, err := broker.New(broker.Config{
		Doors:    []broker.Door{{Name: "loopback", Listener: listener, Proof: broker.ByWord}},
		Tenant:   func(box string) (string, bool) { tenant, ok := of[box]; return tenant, ok },
		Accounts: []broker.Account{{Name: "console", Password: password, Role: broker.RoleConsole}},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stop = background(t, b.Run)
	return "tcp://" + listener.Addr().String(), stop
}

// background runs something until stop is called or the test ends.
func background(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func startSwarm(t *testing.T, cfg swarm.Config) (*swarm.Swarm, func()) {
	t.Helper()
	s, err := swarm.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s, background(t, s.Run)
}

// ear keeps everything that the console hears.
type ear struct {
	mu  sync.Mutex
	all []mqtt.Message
}

func listenIn(t *testing.T, url string) *ear {
	t.Helper()
	e := &ear{}
	filters := map[string]byte{}
	for _, kind := range contract.BoxKinds() {
		filters[contract.Topic{Tenant: "+", Box: "+", Kind: kind}.String()] = 1
	}
	o := mqtt.NewClientOptions().AddBroker(url).SetClientID("ear").SetUsername("console").SetPassword(password).
		SetOnConnectHandler(func(c mqtt.Client) {
			c.SubscribeMultiple(filters, func(_ mqtt.Client, m mqtt.Message) {
				e.mu.Lock()
				defer e.mu.Unlock()
				e.all = append(e.all, m)
			})
		})
	c := mqtt.NewClient(o)
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return e
}

// of are the messages of a kind so far.
func (e *ear) of(kind contract.Kind) []mqtt.Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []mqtt.Message
	for _, m := range e.all {
		if strings.HasSuffix(m.Topic(), "/"+string(kind)) {
			list = append(list, m)
		}
	}
	return list
}

// eventually fails the test unless something comes true within 30 seconds.
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

func TestEveryWordOfASwarmIsLawful(t *testing.T) {
	boxes := swarm.Roll(60, []string{"b-0001", "b-0002"})
	url, _ := startBroker(t, "127.0.0.1:0", boxes)
	heard := listenIn(t, url)
	plan := swarm.Lively()
	for i := range plan.Troubles { // all of it within seconds
		tr := &plan.Troubles[i]
		tr.Every, tr.From, tr.For = 3*time.Second, tr.From/100, tr.For/200
		if tr.OneIn > 0 {
			tr.OneIn, tr.Nth = 6, i%6
		}
	}
	plan.Show, plan.Cycle = time.Second, 2*time.Second
	startSwarm(t, swarm.Config{Boxes: boxes, Plan: plan, Broker: url, Pace: quick()})
	for kind, least := range map[contract.Kind]int{
		contract.KindState: 200, contract.KindInfo: 50, contract.KindHealth: 200, contract.KindEvent: 200, contract.KindOTA: 20,
	} {
		eventually(t, fmt.Sprintf("%d messages of kind %s", least, kind), func() bool { return len(heard.of(kind)) >= least })
	}
	for _, kind := range contract.BoxKinds() {
		for _, m := range heard.of(kind) {
			if err := lawful(kind, m.Payload()); err != nil {
				t.Errorf("%s: %v: %s", m.Topic(), err, m.Payload())
			}
		}
	}
}

// lawful reads a payload as the console does.
func lawful(kind contract.Kind, payload []byte) (err error) {
	switch kind {
	case contract.KindState:
		_, err = contract.ParseState(payload)
	case contract.KindInfo:
		_, err = contract.ParseInfo(payload)
	case contract.KindHealth:
		_, err = contract.ParseHealth(payload)
	case contract.KindEvent:
		_, err = contract.ParseEvent(payload)
	case contract.KindOTA:
		_, err = contract.ParseOTA(payload)
	case contract.KindAck:
		_, err = contract.ParseAck(payload)
	case contract.KindGot:
		_, err = contract.ParseGot(payload)
	}
	return err
}

func TestACutLineLeavesTheWillOfItsOwnBirth(t *testing.T) {
	boxes := swarm.Roll(6, []string{"b-0001"})
	url, _ := startBroker(t, "127.0.0.1:0", boxes)
	heard := listenIn(t, url)
	plan := swarm.Plan{Troubles: []swarm.Trouble{{Ail: swarm.Outage, From: time.Second, OneIn: 6, Nth: 2}}}
	startSwarm(t, swarm.Config{Boxes: boxes, Plan: plan, Broker: url, Pace: quick()})
	var born, lost contract.State
	eventually(t, "the will of the box whose line is cut", func() bool {
		for _, m := range heard.of(contract.KindState) {
			st, err := contract.ParseState(m.Payload())
			if err != nil || !strings.Contains(m.Topic(), boxes[2].ID) {
				continue
			}
			if st.On == 1 {
				born = st
			} else {
				lost = st
			}
		}
		return lost.St == contract.StLost
	})
	if born.Boot == "" || born.Boot != lost.Boot {
		t.Errorf("the will is of session %q, the birth of %q", lost.Boot, born.Boot)
	}
}

func TestEventsOutliveACutLineAndAreCountedWithoutAGap(t *testing.T) {
	boxes := swarm.Roll(10, []string{"b-0001"})
	url, _ := startBroker(t, "127.0.0.1:0", boxes)
	heard := listenIn(t, url)
	plan := swarm.Plan{Show: 300 * time.Millisecond, Cycle: 600 * time.Millisecond, Troubles: []swarm.Trouble{
		{Ail: swarm.Outage, Every: time.Second, From: 500 * time.Millisecond, For: 400 * time.Millisecond},
	}}
	_, stop := startSwarm(t, swarm.Config{Boxes: boxes, Plan: plan, Broker: url, Pace: quick()})
	seen := func() map[string]map[uint64]bool {
		of := map[string]map[uint64]bool{}
		for _, m := range heard.of(contract.KindEvent) {
			e, err := contract.ParseEvent(m.Payload())
			if err != nil {
				t.Fatal(err)
			}
			if of[e.Epoch] == nil {
				of[e.Epoch] = map[uint64]bool{}
			}
			of[e.Epoch][e.N] = true
		}
		return of
	}
	eventually(t, "20 events of every box", func() bool {
		of := seen()
		for _, ns := range of {
			if len(ns) < 20 {
				return false
			}
		}
		return len(of) == len(boxes)
	})
	stop()
	for epoch, ns := range seen() {
		for n := uint64(1); n <= 20; n++ {
			if !ns[n] {
				t.Errorf("box %s: event %d never came", epoch, n)
			}
		}
	}
}

func TestAfterARestartOfTheBrokerEveryBoxIsBack(t *testing.T) {
	boxes := swarm.Roll(150, []string{"b-0001"})
	url, stop := startBroker(t, "127.0.0.1:0", boxes)
	s, _ := startSwarm(t, swarm.Config{Boxes: boxes, Plan: swarm.Peaceful(), Broker: url, Pace: quick()})
	all := func() bool { return s.Meter().Figures().Connected == len(boxes) }
	eventually(t, "all boxes", all)
	stop()
	eventually(t, "nobody is connected", func() bool { return s.Meter().Figures().Connected == 0 })
	startBroker(t, strings.TrimPrefix(url, "tcp://"), boxes)
	eventually(t, "all boxes again", all)
}

func TestABoxThatNobodyListedStaysOutside(t *testing.T) {
	boxes := swarm.Roll(3, []string{"b-0001"})
	url, _ := startBroker(t, "127.0.0.1:0", boxes[:2])
	s, _ := startSwarm(t, swarm.Config{Boxes: boxes, Plan: swarm.Peaceful(), Broker: url, Pace: quick()})
	eventually(t, "two boxes are in and the third was refused", func() bool {
		f := s.Meter().Figures()
		return f.Connected == 2 && f.Refused > 0
	})
}

func TestABoxObeysItsSignersAndNamesWhyNot(t *testing.T) {
	boxes := swarm.Roll(2, []string{"b-0001"})
	url, _ := startBroker(t, "127.0.0.1:0", boxes)
	lead := newKey(t, "lead", contract.ClassLook, contract.ClassSystem)
	set, err := seal.JoinKeys(lead.Public())
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.ParseKeyring(set)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := startSwarm(t, swarm.Config{Boxes: boxes, Plan: swarm.Plan{}, Broker: url, Pace: quick(), Keys: held{ring}})
	eventually(t, "both boxes", func() bool { return s.Meter().Figures().Connected == 2 })
	now := time.Now().Unix()
	good := contract.Command{V: 1, ID: ulid.Make().String(), Box: "b-0001/" + boxes[0].ID, Op: contract.OpPing, Iat: now, Exp: now + 60}
	with := func(change func(*contract.Command)) contract.Command {
		c := good
		c.ID = ulid.Make().String()
		change(&c)
		return c
	}
	for _, tc := range []struct {
		name    string
		command contract.Command
		key     seal.Key
		st      string
		why     contract.Refusal
	}{
		{"a ping", good, lead, contract.AckDone, ""},
		{"the same again", good, lead, contract.AckDone, ""}, // it repeats what came of it
		{"another box's", with(func(c *contract.Command) { c.Box = "b-0001/" + boxes[1].ID }), lead, contract.AckRefused, contract.RefusedBox},
		{"an old one", with(func(c *contract.Command) { c.Iat, c.Exp = now-90, now-30 }), lead, contract.AckRefused, contract.RefusedExpired},
		{"an early one", with(func(c *contract.Command) { c.Iat, c.Exp = now+900, now+960 }), lead, contract.AckRefused, contract.RefusedEarly},
		{"beyond the key's class", with(func(c *contract.Command) { c.Op = contract.OpStop }), lead, contract.AckRefused, contract.RefusedClass},
		{"a restart", with(func(c *contract.Command) { c.Op = contract.OpRestart }), lead, contract.AckDone, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body, err := json.Marshal(tc.command)
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := seal.Seal(seal.TypeCommand, body, tc.key)
			if err != nil {
				t.Fatal(err)
			}
			ack := order(t, url, boxes[0], tc.command.ID, sealed)
			if ack.St != tc.st || ack.Why != tc.why {
				t.Errorf("got %s (%s), want %s (%s)", ack.St, ack.Why, tc.st, tc.why)
			}
		})
	}
}

// held is a keyring that does not change.
type held struct{ ring *seal.Keyring }

func (h held) Keyring() *seal.Keyring { return h.ring }

func newKey(t *testing.T, who string, classes ...contract.Class) seal.Key {
	t.Helper()
	key, err := seal.NewKey(who, classes...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func order(t *testing.T, url string, box swarm.Box, id string, sealed []byte) contract.Ack {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	desk, err := swarm.Sit(ctx, swarm.DeskConfig{Broker: url, User: "console", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Leave()
	ack, err := desk.Give(ctx, swarm.Order{
		Topic: contract.Topic{Tenant: box.Tenant, Box: box.ID, Kind: contract.KindCmd}, ID: id, Sealed: sealed, Ends: time.Now().Add(20 * time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	return ack
}
