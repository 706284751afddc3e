package broker

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// patience is how long a new subscriber may take for half a queue of retained
// messages before it counts as gone.
const patience = 10 * time.Second

var errSlow = errors.New("the subscriber does not take its retained messages")

// census mends how the library treats a new subscriber. It slows it down while it
// hands over the retained messages of a whole fleet: by itself it puts all of
// them into the client's queue at once and throws away what does not fit.
type census struct {
	mqtt.HookBase
	ahead sync.Map // *mqtt.Client to *atomic.Int64: retained messages queued less messages written
	aside sync.Map // *mqtt.Client to packets.Packet: the message under way that has its request's number
}

// ID names the hook.
func (*census) ID() string { return "census" }

// Provides tells the library which of its calls are wanted.
func (*census) Provides(b byte) bool {
	return bytes.IndexByte([]byte{mqtt.OnSubscribe, mqtt.OnSubscribed, mqtt.OnRetainPublished, mqtt.OnPacketSent, mqtt.OnDisconnect}, b) >= 0
}

// OnSubscribe begins the count of a client anew. It also puts a message aside
// whose number, which the broker gave, is that of the client's request: the
// library takes the two for one and refuses the subscription, though MQTT counts
// each way by itself.
func (c *census) OnSubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	if under, ok := cl.State.Inflight.Get(pk.PacketID); ok {
		c.aside.Store(cl, under)
		cl.State.Inflight.Delete(pk.PacketID)
	}
	c.ahead.Store(cl, new(atomic.Int64))
	return pk
}

// OnSubscribed puts the message back. It runs on the client's own reading
// goroutine, as OnSubscribe does, so that no acknowledgement came in between.
func (c *census) OnSubscribed(cl *mqtt.Client, _ packets.Packet, _ []byte) {
	if under, ok := c.aside.LoadAndDelete(cl); ok {
		cl.State.Inflight.Set(under.(packets.Packet))
	}
}

// OnRetainPublished waits while the client's queue is half full. It runs on the
// client's own reading goroutine, and so holds up nobody else.
func (c *census) OnRetainPublished(cl *mqtt.Client, _ packets.Packet) {
	ahead := c.count(cl)
	if ahead == nil || ahead.Add(1) <= pendingWrites/2 {
		return
	}
	limit := time.Now().Add(patience)
	for ahead.Load() > pendingWrites/2 && !cl.Closed() {
		if time.Now().After(limit) {
			cl.Stop(errSlow)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// OnPacketSent counts what has left the queue.
func (c *census) OnPacketSent(cl *mqtt.Client, pk packets.Packet, _ []byte) {
	if pk.FixedHeader.Type != packets.Publish {
		return
	}
	if ahead := c.count(cl); ahead != nil {
		ahead.Add(-1)
	}
}

// OnDisconnect forgets the client.
func (c *census) OnDisconnect(cl *mqtt.Client, _ error, _ bool) { c.ahead.Delete(cl) }

// count is nil for a client that never subscribed.
func (c *census) count(cl *mqtt.Client) *atomic.Int64 {
	value, ok := c.ahead.Load(cl)
	if !ok {
		return nil
	}
	return value.(*atomic.Int64)
}
