package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	onEach(t, func(t *testing.T, b *broker) {
		for name, kept := range map[string]bool{"": false, "ops": true} {
			c := listening(t, b.addr, named(name))
			c.stop()
			client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.addr).SetClientID(c.cfg.Client + eventsSuffix).SetCleanSession(false))
			token := client.Connect().(*mqtt.ConnectToken)
			if token.Wait(); token.Error() != nil {
				t.Fatal(token.Error())
			}
			client.Disconnect(0)
			if token.SessionPresent() != kept {
				t.Errorf("of the console named %q, kept: %t", name, token.SessionPresent())
			}
		}
	})
}

// message is one that came without a broker.
type message struct{ mqtt.Message }

func (message) Topic() string   { return "studio/v1/bank-a/SB-000001/event" }
func (message) Payload() []byte { return event(1) }
func (message) Retained() bool  { return false }

func TestMoreEventsThanCanBeStoredEndTheConnectionAndAreNotTaken(t *testing.T) {
	i, err := New(Config{Broker: "tcp://localhost", Take: func(roster.Update) {}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l := &link{}
	l.alive, l.lose = context.WithCancelCause(t.Context())
	take := i.eventsSession().take
	for range mostUnacked {
		take(l, message{})
	}
	if l.alive.Err() != nil {
		t.Fatalf("as many as MQTT can have under way: %v", context.Cause(l.alive))
	}
	take(l, message{}) // returns, though nobody takes
	if !errors.Is(context.Cause(l.alive), errFull) || i.Stats().Waiting != mostUnacked {
		t.Errorf("%v, %d wait", context.Cause(l.alive), i.Stats().Waiting)
	}
}

func TestAConsoleThatIsKilledLosesNoEventAndCountsNoneTwice(t *testing.T) {
	onEach(t, func(t *testing.T, b *broker) {
		o := consoleOrder{Broker: b.addr, Database: filepath.Join(t.TempDir(), "book.db")}
		l := openLedger(t, o.Database)
		kill := startConsole(t, o)
		t.Cleanup(func() { kill() })
		streaming(t, b.addr, l, 3000, func(s *stream, stored func() int) {
			for range 6 {
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
