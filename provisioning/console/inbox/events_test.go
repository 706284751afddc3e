package inbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

func isEvent(u roster.Update) bool { return u.Event != nil }

func event(n int) []byte {
	return contract.Event{Epoch: "e", N: uint64(n), Code: "started", Sev: "info", TS: 1}.Encode()
}

// named gives a console a name to come back by.
func named(name string) func(*Config) { return func(cfg *Config) { cfg.Client = name } }

func TestWhatBoxesSaidWhileNoConsoleListenedArrives(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		const events = 500
		listening(t, b.addr, named("ops")).stop()
		say := boxes(t, b)
		for n := range events {
			say(boxID(n%7), contract.KindEvent, event(n+1))
		}
		id := "01J9Z3N4Q5R6S7T8V9WAXBYCZD"
		say(boxID(1), contract.KindAck, contract.Ack{ID: id, St: contract.AckDone, TS: 1}.Encode())
		say(boxID(1), contract.KindEvent, []byte("rubbish"))
		c := listening(t, b.addr, named("ops"))
		eventually(t, "all events", func() bool { return c.count(isEvent) >= events })
		eventually(t, "the ack", func() bool { return c.count(func(u roster.Update) bool { return u.Ack != nil && u.Ack.ID == id }) == 1 })
		if n := c.count(isEvent); n != events {
			t.Errorf("%d events of %d", n, events)
		}
		c.stop()
		say(boxID(1), contract.KindEvent, event(events+1))
		again := listening(t, b.addr, named("ops"))
		eventually(t, "the last event", func() bool { return again.count(isEvent) > 0 })
		if n := again.count(isEvent); n != 1 || again.Stats().Refused != 0 {
			t.Errorf("%d events came again, and %d that nobody can read", n-1, again.Stats().Refused)
		}
	})
}

func TestAnEventIsAcknowledgedOnlyWhenItIsStored(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		const events = 10
		var tries atomic.Int32
		broken := listening(t, b.addr, func(cfg *Config) {
			cfg.Client = "ops"
			cfg.Commit = func(context.Context) error { tries.Add(1); return errors.New("the disk is full") }
		})
		say := boxes(t, b)
		for n := range events {
			say(boxID(n), contract.KindEvent, event(n+1))
		}
		eventually(t, "the events and several tries", func() bool { return broken.count(isEvent) > 0 && tries.Load() > 3 })
		broken.stop()
		var stored atomic.Int32
		whole := listening(t, b.addr, func(cfg *Config) {
			cfg.Client = "ops"
			take := cfg.Take
			cfg.Take = func(u roster.Update) { take(u); stored.Add(1) }
			cfg.Commit = func(context.Context) error {
				if stored.Load() == 0 {
					t.Error("stored before it was taken")
				}
				return nil
			}
		})
		eventually(t, "all events once more", func() bool { return whole.count(isEvent) == events })
	})
}

func TestEachConsoleHearsAllEventsAlsoOneThatWasAway(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		const events = 100
		here := listening(t, b.addr, named("here"))
		listening(t, b.addr, named("away")).stop()
		say := boxes(t, b)
		for n := range events {
			say(boxID(n%7), contract.KindEvent, event(n+1))
		}
		eventually(t, "all events", func() bool { return here.count(isEvent) == events })
		back := listening(t, b.addr, named("away"))
		eventually(t, "all events at the other", func() bool { return back.count(isEvent) == events })
	})
}

func TestOtherMessagesThatAreNotTakenDoNotHoldUpEvents(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		free := make(chan struct{})
		c := listening(t, b.addr, func(cfg *Config) {
			take := cfg.Take
			cfg.Take = func(u roster.Update) {
				if u.Health != nil {
					<-free
				}
				take(u)
			}
		})
		defer close(free)
		say := boxes(t, b)
		for n := range 200 {
			say(boxID(n), contract.KindHealth, contract.Health{N: 1, St: "idle"}.Encode())
		}
		eventually(t, "a jam", func() bool { return c.Stats().Waiting >= 200-lanes })
		for n := range 50 {
			say(boxID(n), contract.KindEvent, event(n+1))
		}
		eventually(t, "all events", func() bool { return c.count(isEvent) == 50 })
	})
}

func TestAConsoleWithoutANameLeavesNothingAtTheBroker(t *testing.T) {
	b := newMosquitto(t, "allow_anonymous true\nsys_interval 1\n")
	b.start(t)
	t.Cleanup(b.stop)
	listening(t, b.addr, nil).stop()
	listening(t, b.addr, named("ops")).stop()
	kept := make(chan string, 100)
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.addr).SetClientID("watch"))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	defer client.Disconnect(0)
	client.Subscribe("$SYS/broker/clients/disconnected", 0, func(_ mqtt.Client, m mqtt.Message) { kept <- string(m.Payload()) }).Wait()
	eventually(t, "one session without a client", func() bool { return <-kept == "1" })
}

// stream says events in the names of ten boxes, 16 at a time, each until the
// broker has it.
type stream struct {
	addr   string
	client mqtt.Client
	said   [10]int     // by box
	ahead  func() bool // it shall wait
	still  atomic.Bool // it shall wait
	waits  atomic.Bool // it does
}

// spoken is an event that is under way.
type spoken struct {
	box, n int
	token  mqtt.Token
}

func (s *stream) run(ctx context.Context) error {
	for ctx.Err() == nil {
		var way []spoken
		for range 16 {
			box := rand.IntN(len(s.said))
			s.said[box]++
			way = append(way, spoken{box: box, n: s.said[box]})
		}
		for len(way) > 0 {
			s.connect()
			var err error
			if way, err = s.say(way); err != nil {
				return err
			}
		}
		for ctx.Err() == nil && (s.still.Load() || s.ahead()) {
			s.waits.Store(true)
			pause(ctx, 5*time.Millisecond)
		}
		s.waits.Store(false)
	}
	s.client.Disconnect(0)
	return nil
}

// connect waits for a broker.
func (s *stream) connect() {
	for s.client == nil || !s.client.IsConnectionOpen() {
		s.client = mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + s.addr).SetClientID("boxes").SetAutoReconnect(false))
		s.client.Connect().Wait()
	}
}

// say returns those that the broker may not have got.
func (s *stream) say(way []spoken) (left []spoken, err error) {
	for i, e := range way {
		topic := contract.Topic{Tenant: "bank-a", Box: boxID(e.box), Kind: contract.KindEvent}
		way[i].token = s.client.Publish(topic.String(), 1, false, event(e.n))
	}
	for _, e := range way {
		if !e.token.WaitTimeout(30 * time.Second) {
			return nil, fmt.Errorf("event %d of box %d was not acknowledged", e.n, e.box)
		}
		if e.token.Error() != nil || !s.client.IsConnectionOpen() { // the library calls lost ones done, too
			left = append(left, e)
		}
	}
	return left, nil
}

// hold keeps the stream still for a while.
func (s *stream) hold(t *testing.T, while func()) {
	s.still.Store(true)
	defer s.still.Store(false)
	eventually(t, "silence", s.waits.Load)
	while()
}

// told is how many events were said.
func (s *stream) told() (n int) {
	for _, count := range s.said {
		n += count
	}
	return n
}

// streaming runs a stream at most so far ahead of the ledger, while test does its
// work, and then expects each event in the ledger once.
func streaming(t *testing.T, addr string, l ledger, lead int, test func(s *stream, stored func() int)) {
	t.Helper()
	s := &stream{addr: addr}
	s.ahead = func() bool { return s.told() > l.events(t)+lead }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	test(s, func() int { return l.events(t) })
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	eventually(t, fmt.Sprintf("all %d events", s.told()), func() bool { return l.events(t) >= s.told() })
	for box, said := range s.said {
		query := fmt.Sprintf(`SELECT count(*) FROM events WHERE box = '%s' AND n BETWEEN 1 AND %d`, boxID(box), said)
		if n := l.count(t, query); n != said {
			t.Errorf("box %d said %d events, of which %d are stored", box, said, n)
		}
	}
	if n := l.events(t); n != s.told() {
		t.Errorf("%d events are stored of %d", n, s.told())
	}
	t.Logf("%d events", s.told())
}

func TestAConsoleThatIsKilledLosesNoEventAndCountsNoneTwice(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		o := consoleOrder{Broker: b.addr, Database: filepath.Join(t.TempDir(), "book.db")}
		l := openLedger(t, o.Database)
		kill := startConsole(t, o)
		t.Cleanup(func() { kill() })
		streaming(t, b.addr, l, 3000, func(s *stream, stored func() int) {
			for range 8 {
				before := stored()
				eventually(t, "more events", func() bool { return stored() > before+100 })
				pause(t.Context(), rand.N(50*time.Millisecond))
				kill()
				pause(t.Context(), rand.N(100*time.Millisecond)) // boxes go on speaking
				back := func() { kill = startConsole(t, o) }
				if b.leaky {
					s.hold(t, back)
				} else {
					back()
				}
			}
		})
	})
}

func TestABrokerThatRestartsStillHasWhatWaitsForAConsole(t *testing.T) {
	b := newMosquitto(t, fmt.Sprintf("allow_anonymous true\npersistence true\npersistence_location %s/\npersistent_client_expiration 14d\n", t.TempDir()))
	b.start(t)
	t.Cleanup(func() { b.stop() })
	o := consoleOrder{Broker: b.addr, Database: filepath.Join(t.TempDir(), "book.db")}
	l := openLedger(t, o.Database)
	kill := startConsole(t, o)
	t.Cleanup(func() { kill() })
	restart := func() {
		if err := b.child.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		b.child.Wait()
		b.life.Close()
		b.start(t)
	}
	streaming(t, b.addr, l, 3000, func(_ *stream, stored func() int) {
		for n := range 4 {
			before := stored()
			eventually(t, "more events", func() bool { return stored() > before+100 })
			if n%2 == 1 {
				kill()
				pause(t.Context(), 200*time.Millisecond) // something waits
			}
			restart()
			if n%2 == 1 {
				kill = startConsole(t, o)
			}
		}
	})
}
