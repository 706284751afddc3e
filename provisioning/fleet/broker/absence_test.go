package broker_test

import (
	"fmt"
	"sync"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
)

// underWay is how many unacknowledged events mosquitto gives to a client, as
// studiofleet acl sets it.
const underWay = 1000

// absentee is a console whose session the broker keeps.
func absentee(t *testing.T, b broker, take func(mqtt.Client, mqtt.Message)) *client {
	t.Helper()
	c, err := dial(b, "console", func(o *mqtt.ClientOptions) {
		o.SetClientID("console-1-events").SetCleanSession(false).SetAutoAckDisabled(true).SetDefaultPublishHandler(take)
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEventsWaitForAConsoleThatIsAwayAndForItsAcknowledgement(t *testing.T) {
	onEachBroker(t, func(t *testing.T, b broker) {
		events := topic("+", "+", contract.KindEvent)
		first := absentee(t, b, func(mqtt.Client, mqtt.Message) {})
		finished(first.Subscribe(events, 1, nil), first)
		first.Disconnect(250)

		const count = 3000
		box := enter(t, b, mine, nil)
		for i := range count {
			finished(box.Publish(topic("b-0001", mine, contract.KindEvent), 1, false, fmt.Sprint(i)), box)
		}
		// It acknowledges none, so that mosquitto gives it no more than may be
		// under way; its subscription reuses the number of one of them.
		least := underWay
		if _, all := b.(*embeddedBroker); all {
			least = count
		}
		if heard := hearing(t, b, events, false, least); heard() < least {
			t.Fatalf("%d events waited, want %d at least", heard(), least)
		}
		again := hearing(t, b, events, true, count)
		if !eventually(func() bool { return again() == count }) {
			t.Errorf("%d of %d events came again that nobody had acknowledged", again(), count)
		}
	})
}

// hearing returns how many different events a console has heard. Without acks the
// console ends, once it has heard the least, before the next begins.
func hearing(t *testing.T, b broker, events string, acks bool, least int) func() int {
	t.Helper()
	var mu sync.Mutex
	got := map[string]bool{}
	c := absentee(t, b, func(_ mqtt.Client, m mqtt.Message) {
		mu.Lock()
		defer mu.Unlock()
		got[string(m.Payload())] = true
		if acks {
			m.Ack()
		}
	})
	finished(c.Subscribe(events, 1, nil), c)
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(got)
	}
	if acks {
		t.Cleanup(func() { c.Disconnect(0) })
		return count
	}
	eventually(func() bool { return count() >= least })
	c.cut()
	return count
}
