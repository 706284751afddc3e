package telemetry

import (
	"time"

	"studiobox/provisioning/contract"
)

// inboxSize is how many messages wait for the box at most.
const inboxSize = 64

// Message is one that the fleet side sent to this box.
type Message struct {
	Kind     contract.Kind // contract.KindCmd or contract.KindWant
	Payload  []byte        // at most 64 kB; not checked in any way
	Retained bool          // from the broker's memory: nobody says this now
	At       time.Time     // received
}

// Inbox is where messages arrive, in the order of the broker. It is bounded:
// what comes while it is full is dropped and counted. It is never closed.
func (r *Reporter) Inbox() <-chan Message { return r.inbox }

// take puts a message into the inbox. It never blocks, since it is called from
// the goroutine that reads the connection.
func (r *Reporter) take(topic string, payload []byte, retained bool) {
	t, err := contract.ParseTopic(topic)
	ours := err == nil && t.Tenant == r.cfg.Tenant && t.Box == r.cfg.Box && (t.Kind == contract.KindCmd || t.Kind == contract.KindWant)
	if ours {
		select {
		case r.inbox <- Message{t.Kind, payload, retained, time.Now()}:
			return
		default:
		}
	}
	r.dropped()
}

// dropped counts a message that the box will not see.
func (r *Reporter) dropped() { r.note(func(s *Stats) { s.InboxDropped++ }) }
