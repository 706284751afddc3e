package telemetry

import (
	"slices"
	"sync"
	"time"

	"studiobox/provisioning/contract"
)

const (
	answersSize = 64
	// answerFor is for how long an ack is worth sending: who gave the order
	// has given up waiting by then.
	answerFor = 5 * time.Minute
)

// Answer tells what became of a command. It never blocks. While there is no
// connection the ack waits for up to five minutes; when more than 64 wait, the
// oldest is dropped.
func (r *Reporter) Answer(a contract.Ack) {
	if r.answers.add(a, time.Now()) {
		r.note(func(s *Stats) { s.AnswersLost++ })
	}
}

// Settle says how things stand with what others than telemetry do: with wished
// settings, contract.KindGot. Updates, contract.KindOTA, would be told the same way;
// nothing on the box makes any yet. The newest payload of a kind is published,
// retained, now and on every later connection.
func (r *Reporter) Settle(kind contract.Kind, payload []byte) { r.settled.set(kind, payload) }

// answers are acks on their way.
type answers struct {
	mu   sync.Mutex
	list []answer
	wake chan struct{}
}

type answer struct {
	payload []byte
	at      time.Time
}

func newAnswers() *answers { return &answers{wake: make(chan struct{}, 1)} }

// add tells whether another had to go.
func (a *answers) add(ack contract.Ack, now time.Time) (lost bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, answer{ack.Encode(), now})
	if lost = len(a.list) > answersSize; lost {
		a.list = slices.Delete(a.list, 0, 1)
	}
	nudge(a.wake)
	return lost
}

// take empties the list; stale counts what was no longer worth sending.
func (a *answers) take(now time.Time) (fresh []answer, stale int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.list {
		if now.Sub(one.at) > answerFor {
			stale++
			continue
		}
		fresh = append(fresh, one)
	}
	a.list = nil
	return fresh, stale
}

// back puts what could not be sent before what has come since.
func (a *answers) back(unsent []answer) (lost int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(unsent, a.list...)
	lost = max(0, len(a.list)-answersSize)
	a.list = slices.Delete(a.list, 0, lost)
	return lost
}

// settled is the newest payload of each retained kind that others than telemetry
// make.
type settled struct {
	mu     *sync.Mutex
	newest map[contract.Kind][]byte
	wake   chan struct{}
}

func newSettled() settled {
	return settled{mu: new(sync.Mutex), newest: map[contract.Kind][]byte{}, wake: make(chan struct{}, 1)}
}

func (s settled) set(kind contract.Kind, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest[kind] = slices.Clone(payload)
	nudge(s.wake)
}

// all are the payloads by kind, always in the same order of kinds.
func (s settled) all() (kinds []contract.Kind, payloads [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kind := range contract.BoxKinds() {
		if payload, ok := s.newest[kind]; ok {
			kinds, payloads = append(kinds, kind), append(payloads, payload)
		}
	}
	return kinds, payloads
}

// nudge tells a channel's reader once, however often it is called.
func nudge(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
