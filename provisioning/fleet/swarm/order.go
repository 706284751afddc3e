package swarm

import (
	"context"
	"fmt"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"studiobox/provisioning/contract"
)

// The patience of a desk. A box that has taken a command answers a repetition
// with what came of it, and obeys once.
const (
	firstAgain = 4 * time.Second  // until a command without an answer is sent again; it doubles
	lastAgain  = time.Minute      // up to here
	afterEnd   = 5 * time.Second  // for an answer on its way when the command runs out
	toFinish   = 3 * time.Minute  // for what a box has begun
	lookUp     = time.Second      // between two looks at the clock
	quietFor   = 20 * time.Second // then a ping, or the broker takes the desk for gone
)

// Order is a command on its way to one box.
type Order struct {
	Topic    contract.Topic
	ID       string
	Sealed   []byte
	Ends     time.Time // of its validity
	Accepted func()    // called once the box has begun; nil: nobody asks
}

// own finds this order's answer. A nameless one counts only when it says that the
// box obeys nobody: every other can be meant for somebody else's rubbish.
func (o Order) own(payload []byte) (contract.Ack, bool) {
	ack, err := contract.ParseAck(payload)
	if err != nil || ack.ID != o.ID && !(ack.ID == "" && ack.Why == contract.RefusedNoKeys) {
		return ack, false
	}
	if ack.Why == contract.RefusedReplay { // a repetition of ours: what came of it the first time
		ack.St, ack.Why, ack.Was = ack.Was, "", ""
		if ack.St == "" {
			ack.St = contract.AckAccepted
		}
	}
	return ack, true
}

// Give hands a command over, and again until the box answers or the command has
// run out, and waits for what comes of it.
func (d *Desk) Give(ctx context.Context, o Order) (contract.Ack, error) {
	answers := o.Topic
	answers.Kind = contract.KindAck
	if err := d.hear(ctx, answers); err != nil {
		return contract.Ack{}, err
	}
	g := giving{desk: d, order: o, pause: firstAgain, until: o.Ends.Add(afterEnd)}
	for ctx.Err() == nil {
		now := time.Now()
		if !now.Before(g.until) {
			return contract.Ack{}, g.silence()
		}
		if err := g.due(now); err != nil {
			return contract.Ack{}, err
		}
		pk, ok, err := d.line.receive(ctx, now.Add(lookUp))
		if err != nil {
			return contract.Ack{}, fmt.Errorf("the connection to the broker: %w", err)
		}
		if !ok {
			continue
		}
		if ack, over, err := g.take(pk); over || err != nil {
			return ack, err
		}
	}
	return contract.Ack{}, fmt.Errorf("%w; %w", ctx.Err(), g.silence())
}

// hear subscribes to the answers of a box.
func (d *Desk) hear(ctx context.Context, answers contract.Topic) error {
	suback, err := d.ask(ctx, packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 1,
		Filters: packets.Subscriptions{{Filter: answers.String(), Qos: 1}},
	}, packets.Suback)
	if err != nil {
		return err
	}
	if len(suback.ReasonCodes) != 1 || suback.ReasonCodes[0] > 2 {
		return fmt.Errorf("the broker does not let this account hear %s", answers)
	}
	return nil
}

// giving is how far an order has come.
type giving struct {
	desk     *Desk
	order    Order
	taken    bool // by the broker
	accepted bool
	next     time.Time // when it is sent again
	pause    time.Duration
	spoke    time.Time
	until    time.Time
	nameless contract.Refusal // what the box refused meanwhile without naming it
}

// due sends what it is time for.
func (g *giving) due(now time.Time) error {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}}
	switch {
	case !g.accepted && now.Before(g.order.Ends) && !now.Before(g.next):
		kind := g.order.Topic.Kind
		pk = packets.Packet{
			TopicName: g.order.Topic.String(), Payload: g.order.Sealed, PacketID: 2,
			FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: kind.QoS(), Retain: kind.Retained()},
		}
		g.next = now.Add(g.pause)
		g.pause = min(2*g.pause, lastAgain)
	case now.Sub(g.spoke) < quietFor:
		return nil
	}
	g.spoke = now
	return g.desk.line.send(pk)
}

// take looks at what came; over is true with the end of the order.
func (g *giving) take(pk packets.Packet) (ack contract.Ack, over bool, err error) {
	switch pk.FixedHeader.Type {
	case packets.Puback:
		g.taken = true
	case packets.Publish:
		if pk.FixedHeader.Qos > 0 {
			err = g.desk.line.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: pk.PacketID})
		}
		ack, own := g.order.own(pk.Payload)
		if !own || err != nil {
			if ack.ID == "" && ack.Why != "" {
				g.nameless = ack.Why
			}
			return contract.Ack{}, false, err
		}
		if ack.St != contract.AckAccepted {
			return ack, true, nil
		}
		if !g.accepted {
			g.accepted, g.until = true, time.Now().Add(toFinish)
			if g.order.Accepted != nil {
				g.order.Accepted()
			}
		}
	}
	return contract.Ack{}, false, nil
}

// silence is what is true of a box that has not answered.
func (g *giving) silence() error {
	switch box := g.order.Topic.Box; {
	case g.accepted:
		return fmt.Errorf("box %s has begun it and not said yet what came of it; its page of the console will", box)
	case !g.taken:
		return fmt.Errorf("the broker does not acknowledge the command for box %s", box)
	case time.Now().Before(g.order.Ends):
		return fmt.Errorf("box %s has not answered yet; it may still obey until %s", box, g.order.Ends.UTC().Format("15:04:05 UTC"))
	case g.nameless != "":
		return fmt.Errorf("box %s did not answer to this command by name, and will not obey it any more; meanwhile it refused one as %s: if that was this one, its key is not enrolled there, or it was changed on the way", box, g.nameless)
	default:
		return fmt.Errorf("box %s did not answer while the command was valid; it may be offline, and will not obey this any more", box)
	}
}
