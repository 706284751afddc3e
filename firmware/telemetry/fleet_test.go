package telemetry

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/firmware/health"
	"studiobox/firmware/run"
	"studiobox/provisioning/contract"
)

const (
	tenant = "b-0412"
	box    = "SB-4F2A91"
)

// box under test ---------------------------------------------------------

// studio is a Source whose session state a test sets.
type studio struct {
	now atomic.Pointer[health.Snapshot]
}

func newStudio() *studio {
	s := &studio{}
	s.become("idle")
	return s
}

func (s *studio) Snapshot() *health.Snapshot { return s.now.Load() }

func (s *studio) become(state string) {
	s.now.Store(&health.Snapshot{Version: "1.2.3", Session: health.SessionPart{State: state}, Board: health.BoardPart{Model: "Test"}})
}

// journal is a log that a test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) lines(with string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for l := range strings.Lines(j.text.String()) {
		if strings.Contains(l, with) {
			n++
		}
	}
	return n
}

// inTime is how long an end may take on a busy machine. It lies well below the
// limits of quickPace that an end must not wait for: dial and ack.
const inTime = 3 * time.Second

// quickPace is realPace some fifty times faster, but for what only ever takes
// that long when something is wrong.
func quickPace() pace {
	return pace{
		retry:    run.Backoff{First: 50 * time.Millisecond, Max: 200 * time.Millisecond, Settle: time.Minute},
		refused:  20 * time.Millisecond,
		dial:     10 * time.Second,
		write:    5 * time.Second,
		ack:      10 * time.Second,
		farewell: 200 * time.Millisecond,
		look:     20 * time.Millisecond,
		idle:     time.Minute,
		live:     time.Minute,
		repeat:   15 * time.Minute,

		promise:     90 * time.Second,
		longPromise: 4 * time.Minute,
		ping:        45 * time.Second,
	}
}

// station is a Reporter that runs, with what it reads and writes.
type station struct {
	*Reporter
	studio  *studio
	journal *journal
	end     func() // ends Run and waits for it
}

// report runs a Reporter for the length of the test.
func report(t *testing.T, cfg Config, p pace) *station {
	t.Helper()
	return reportAs(t, cfg, p, nil)
}

// reportAs is report for a box that stays as in the snapshot, if there is one.
func reportAs(t *testing.T, cfg Config, p pace, snapshot *health.Snapshot) *station {
	t.Helper()
	cfg.Tenant, cfg.Box = tenant, box
	s := &station{studio: newStudio(), journal: &journal{}}
	if snapshot != nil {
		s.studio.now.Store(snapshot)
	}
	r, err := New(cfg, s.studio, slog.New(slog.NewTextHandler(s.journal, nil)))
	if err != nil {
		t.Fatal(err)
	}
	r.pace = p
	s.Reporter = r
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	s.end = func() { cancel(); running.Wait() }
	t.Cleanup(s.end)
	return s
}

// fleet side ------------------------------------------------------------

// message is what the fleet side received.
type message struct {
	kind     contract.Kind
	retained bool // from the broker's memory
	payload  []byte
	at       time.Time
}

// state reads a state payload; the zero State for anything else.
func (m message) state(t *testing.T) contract.State {
	if m.kind != contract.KindState {
		return contract.State{}
	}
	s, err := contract.ParseState(m.payload)
	if err != nil {
		t.Error(err)
	}
	return s
}

// fleet listens to all boxes.
type fleet struct {
	t      *testing.T
	client mqtt.Client
	mu     sync.Mutex
	seen   []message
}

// listen subscribes to everything at the broker until the test ends.
func listen(t *testing.T, b broker) *fleet { return listenTo(t, b, "studio/v1/#") }

// listenTo subscribes to some topics at the broker until the test ends.
func listenTo(t *testing.T, b broker, filter string) *fleet {
	t.Helper()
	f := &fleet{t: t, client: dialFleet(t, b, t.Name())}
	token := f.client.Subscribe(filter, 1, func(_ mqtt.Client, m mqtt.Message) { f.take(m) })
	if !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatalf("fleet side: %v", token.Error())
	}
	return f
}

func dialFleet(t *testing.T, b broker, name string) mqtt.Client {
	t.Helper()
	o := mqtt.NewClientOptions().AddBroker("tcp://" + b.addr()).SetClientID(name).SetAutoReconnect(false)
	o.SetUsername(goodUser).SetPassword(goodPassword)
	client := mqtt.NewClient(o)
	if token := client.Connect(); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatalf("fleet side: %v", token.Error())
	}
	t.Cleanup(func() { client.Disconnect(100) })
	return client
}

// say publishes to the box.
func (f *fleet) say(t *testing.T, kind contract.Kind, retained bool, payload string) {
	t.Helper()
	topic := contract.Topic{Tenant: tenant, Box: box, Kind: kind}
	token := f.client.Publish(topic.String(), 1, retained, payload)
	if !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatalf("fleet side: %v", token.Error())
	}
}

func (f *fleet) take(m mqtt.Message) {
	topic, err := contract.ParseTopic(m.Topic())
	if err != nil || topic.Box != box || topic.Tenant != tenant {
		f.t.Errorf("received on %q: %v", m.Topic(), err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, message{topic.Kind, m.Retained(), m.Payload(), time.Now()})
}

// all is what was received so far.
func (f *fleet) all() []message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]message(nil), f.seen...)
}

// await returns the first message that fits, and fails the test if none comes.
func (f *fleet) await(t *testing.T, what string, fits func(message) bool) message {
	t.Helper()
	var found message
	eventually(t, what, func() bool {
		for _, m := range f.all() {
			if fits(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// awaitState waits for a state in the given word, of a session not in the list.
func (f *fleet) awaitState(t *testing.T, st string, not ...string) contract.State {
	t.Helper()
	return f.await(t, "state "+st, func(m message) bool {
		s := m.state(t)
		for _, boot := range not {
			if s.Boot == boot {
				return false
			}
		}
		return s.St == st
	}).state(t)
}
