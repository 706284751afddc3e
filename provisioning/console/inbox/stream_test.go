package inbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
)

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
