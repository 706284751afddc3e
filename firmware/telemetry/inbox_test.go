package telemetry

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"studiobox/provisioning/contract"
)

// next is the next message in the inbox.
func (s *station) next(t *testing.T) Message {
	t.Helper()
	select {
	case m := <-s.Inbox():
		return m
	case <-time.After(30 * time.Second):
		t.Fatal("no message in 30 s")
		return Message{}
	}
}

func TestCommandsAndWishesArriveAlsoAfterTheLineBroke(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		f := listenTo(t, b, "studio/v1/+/+/state")
		f.say(t, contract.KindWant, true, "wish")
		l := newLine(t, b.addr())
		s := report(t, Config{Broker: l.url(), Listen: true}, quickPace())
		for round := range uint64(3) {
			eventually(t, "subscribed", func() bool { return s.Stats().Subscribed && s.Stats().Connects == round+1 })
			if m := s.next(t); m.Kind != contract.KindWant || !m.Retained || string(m.Payload) != "wish" || m.At.IsZero() {
				t.Errorf("round %d: first came %+v", round, m)
			}
			f.say(t, contract.KindCmd, false, "order")
			if m := s.next(t); m.Kind != contract.KindCmd || m.Retained || string(m.Payload) != "order" {
				t.Errorf("round %d: then came %+v", round, m)
			}
			l.cut(false)
			eventually(t, "the loss is seen", func() bool { return s.Stats().Connects > round+1 || !s.Stats().Connected })
		}
	})
}

func TestWhoSeesTheBirthCanCommandAtOnce(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		f := listenTo(t, b, "studio/v1/+/+/state")
		s := report(t, Config{Broker: "tcp://" + b.addr(), Listen: true}, quickPace())
		f.awaitState(t, "idle")
		f.say(t, contract.KindCmd, false, "order")
		s.next(t)
	})
}

func TestARefusedSubscriptionIsTold(t *testing.T) {
	b := newEmbedded(t, false) // mosquitto grants what its list of topics forbids
	b.forbid(t, contract.KindCmd)
	running(t, b)
	s := report(t, Config{Broker: "tcp://" + b.addr(), Listen: true}, quickPace())
	want := "refuses the subscription to studio/v1/" + tenant + "/" + box + "/cmd; check its access list"
	eventually(t, "the refusal is told", func() bool { return strings.Contains(s.Stats().LastError, want) })
	if got := s.Stats(); got.Subscribed || !got.Connected {
		t.Errorf("%+v", got)
	}
	if s.journal.lines(want) == 0 {
		t.Error("the log says nothing")
	}
}

func TestARefusedSubscriptionIsAskedForAgainEveryQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTape()
		p.grant = &notGranted{"cmd"}
		r, end := dialling(t, Config{Listen: true}, func() (wire, error) { return p, nil })
		time.Sleep(46 * time.Minute)
		if p.subscriptions() != 4 || r.Stats().Subscribed {
			t.Errorf("asked %d times in 46 minutes, want 4", p.subscriptions())
		}
		p.answer(nil)
		time.Sleep(15 * time.Minute)
		if got := r.Stats(); !got.Subscribed || got.LastError != "" {
			t.Errorf("%+v", got)
		}
		time.Sleep(time.Hour)
		if p.subscriptions() != 5 {
			t.Errorf("asked %d times", p.subscriptions())
		}
		end()
	})
}

func TestASubscriptionThatFailsOtherwiseEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int64
		_, end := dialling(t, Config{Listen: true}, func() (wire, error) {
			dials.Add(1)
			p := newTape()
			p.grant = errors.New("connection lost before Subscribe completed")
			return p, nil
		})
		time.Sleep(10 * time.Minute)
		if dials.Load() < 3 {
			t.Errorf("%d connections", dials.Load())
		}
		end()
	})
}

func TestAFullInboxDropsTheNewestAndCounts(t *testing.T) {
	r, err := New(Config{Broker: "tcp://nowhere", Tenant: tenant, Box: box}, newStudio(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	cmd := contract.Topic{Tenant: tenant, Box: box, Kind: contract.KindCmd}.String()
	for i := range inboxSize + 5 {
		r.take(cmd, []byte(fmt.Sprint(i)), false)
	}
	for _, topic := range []string{
		"studio/v1/" + tenant + "/SB-000000/cmd", "studio/v1/other/" + box + "/cmd",
		"studio/v1/" + tenant + "/" + box + "/state", "rubbish",
	} {
		r.take(topic, []byte("no"), false)
	}
	if got := r.Stats().InboxDropped; got != 9 {
		t.Errorf("%d dropped, want 9", got)
	}
	for i := range inboxSize {
		if m := <-r.Inbox(); string(m.Payload) != fmt.Sprint(i) {
			t.Errorf("message %d is %s", i, m.Payload)
		}
	}
}

// flood sends n messages of a kind to the box, some 10,000 a second if the
// machine can, and returns how many it sent a second.
func flood(t *testing.T, b broker, n int, qos byte, size int) float64 {
	t.Helper()
	conn, err := net.Dial("tcp", b.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	hello := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	hello.ProtocolName, hello.ProtocolVersion, hello.CleanSession, hello.ClientIdentifier = "MQTT", 4, true, "flood"
	if err := hello.Write(conn); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			if _, err := packets.ReadPacket(conn); err != nil {
				return
			}
		}
	}()
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName = contract.Topic{Tenant: tenant, Box: box, Kind: contract.KindCmd}.String()
	p.Qos, p.Payload = qos, make([]byte, size)
	began := time.Now()
	for i := range n {
		p.MessageID = uint16(i%65_000 + 1)
		if err := p.Write(conn); err != nil {
			t.Fatalf("the broker ended the flood: %v", err)
		}
		if due := time.Duration(i) * 100 * time.Microsecond; i%100 == 99 && time.Since(began) < due {
			time.Sleep(due - time.Since(began))
		}
	}
	return float64(n) / time.Since(began).Seconds()
}

func TestAFloodNeitherGrowsMemoryNorDelaysWhatTheBoxSays(t *testing.T) {
	n := count(20_000, 5_000)
	for _, qos := range []byte{0, 1} {
		onEachBroker(t, false, func(t *testing.T, b broker) {
			running(t, b)
			f := listenTo(t, b, "studio/v1/+/+/state")
			s := report(t, Config{Broker: "tcp://" + b.addr(), Listen: true}, quickPace())
			eventually(t, "subscribed", func() bool { return s.Stats().Subscribed })
			memory := heap()
			over := make(chan float64)
			go func() { over <- flood(t, b, n, qos, 300) }()
			worst, most := time.Duration(0), 0
			for i := 0; ; i++ {
				state := []string{"checking", "starting"}[i%2]
				began, seen := time.Now(), len(f.all())
				s.studio.become(state)
				eventually(t, "the state comes", func() bool { return len(f.all()) > seen })
				worst, most = max(worst, time.Since(began)), max(most, runtime.NumGoroutine())
				select {
				case rate := <-over:
					after := heap()
					t.Logf("QoS %d, %.0f messages a second: slowest state after %s, %d goroutines, heap %d kB before and %d kB after, %d dropped",
						qos, rate, worst, most, memory/1024, after/1024, s.Stats().InboxDropped)
					if after > memory+4<<20 || most > 60 || worst > 5*time.Second {
						t.Error("the flood is felt")
					}
					return
				default:
				}
			}
		})
	}
}

// heap is the live memory.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestMessagesKeepTheirOrder(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		f := listenTo(t, b, "studio/v1/+/+/state")
		s := report(t, Config{Broker: "tcp://" + b.addr(), Listen: true}, quickPace())
		eventually(t, "subscribed", func() bool { return s.Stats().Subscribed })
		for i := range 500 {
			topic := contract.Topic{Tenant: tenant, Box: box, Kind: contract.KindCmd}
			f.client.Publish(topic.String(), 1, false, fmt.Sprint(i))
			if i%50 == 49 {
				for j := i - 49; j <= i; j++ {
					if m := s.next(t); string(m.Payload) != fmt.Sprint(j) {
						t.Fatalf("in the place of %d came %s", j, m.Payload)
					}
				}
			}
		}
	})
}

func TestAMessageThatIsTooLargeForTheBoxIsPassedOver(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		f := listenTo(t, b, "studio/v1/+/+/state")
		s := report(t, Config{Broker: "tcp://" + b.addr(), Listen: true}, quickPace())
		eventually(t, "subscribed", func() bool { return s.Stats().Subscribed })
		for range 10 {
			f.client.Publish(contract.Topic{Tenant: tenant, Box: box, Kind: contract.KindCmd}.String(), 0, false, strings.Repeat("x", 4<<20)).Wait()
		}
		f.say(t, contract.KindCmd, false, "order")
		if m := s.next(t); string(m.Payload) != "order" {
			t.Errorf("%d bytes came", len(m.Payload))
		}
		if got := s.Stats(); got.InboxDropped != 10 || got.Connects != 1 {
			t.Errorf("%+v", got)
		}
	})
}
