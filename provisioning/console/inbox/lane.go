package inbox

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

const (
	// lanes is how many messages are decoded at once; a box always takes the
	// same lane, so that its messages stay in order.
	lanes = 4
	// laneLength is how many messages may wait in a lane. All lanes together hold
	// half a minute of a fleet of 100,000.
	laneLength = 1 << 14
	// mostPayload is the largest message that is taken at all, in bytes.
	mostPayload = 8192
)

// seed spreads the boxes over the lanes; it differs from run to run, so that
// nobody can choose ids that all take one lane.
var seed = maphash.MakeSeed()

// arrival is a message as it came from the socket.
type arrival struct {
	topic    string
	payload  []byte
	retained bool
	at       time.Time
	ack      func() // of an event: tells the broker that it is stored
}

// arrive takes a message from the library. It never waits: a handler that does
// stops the library.
func (i *Inbox) arrive(a arrival) {
	i.received.Add(1)
	if a.retained {
		i.retained.Add(1)
	}
	if len(a.payload) > mostPayload {
		i.refused.Add(1)
		return
	}
	select {
	case i.lanes[laneOf(a.topic)] <- a:
	default:
		i.dropped.Add(1)
	}
}

// laneOf is the lane of a topic's box: the kind behind the last slash is left
// out.
func laneOf(topic string) int {
	end := len(topic)
	for n := len(topic) - 1; n >= 0; n-- {
		if topic[n] == '/' {
			end = n
			break
		}
	}
	return int(maphash.String(seed, topic[:end]) % lanes)
}

// work decodes and hands on until ctx ends.
func (i *Inbox) work(ctx context.Context) {
	var group sync.WaitGroup
	for _, lane := range i.lanes {
		group.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case a := <-lane:
					i.deliver(a)
				}
			}
		})
	}
	group.Wait()
}

// deliver decodes one message and hands it on.
func (i *Inbox) deliver(a arrival) {
	if len(a.payload) == 0 {
		return // a kept message was deleted
	}
	u, known, err := i.decode(a) // which refuses what is too long
	if err != nil {
		i.refused.Add(1)
		i.log.Debug("inbox: a message cannot be read", "error", err)
		return
	}
	if !known {
		return
	}
	i.cfg.Take(u)
	if i.cfg.Applied != nil {
		i.cfg.Applied(u.Kind(), time.Since(a.at))
	}
}

// decode reads a message; known is false for one that nobody here can open.
func (i *Inbox) decode(a arrival) (u roster.Update, known bool, err error) {
	topic, err := contract.ParseTopic(a.topic)
	if err != nil {
		return u, false, err
	}
	if topic.Kind != contract.KindWant {
		u, err = roster.Decode(topic, a.payload, a.at, a.retained)
		return u, err == nil, err
	}
	if i.cfg.Open == nil {
		return u, false, nil
	}
	want, err := i.cfg.Open(a.payload)
	if err != nil {
		return u, false, fmt.Errorf("%s: %w", topic, err)
	}
	if want.Box != contract.Addressee(topic.Tenant, topic.Box) {
		return u, false, fmt.Errorf("%s: settings for %q", topic, want.Box)
	}
	return roster.Update{Tenant: topic.Tenant, Box: topic.Box, At: a.at, Retained: a.retained, Raw: a.payload, Want: &want}, true, nil
}
