package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"studiobox/provisioning/contract"
)

// window is how many events may wait for the broker's word at once.
const window = 16

// session is what has been said on one connection.
type session struct {
	*box
	line *line
	boot string

	st         string // last published
	stAt       time.Time
	info, ota  []byte // last published
	told       []byte // the answer to wishes that was last published
	healthAt   time.Time
	jitter     float64 // of the next health message: 0.9 to 1.1 of the interval
	spokeAt    time.Time
	pingAt     time.Time // of the ping that is not answered; zero: none
	lastID     uint16
	unanswered []flight
}

// flight is a message that waits for the broker's word.
type flight struct {
	id uint16
	at time.Time
	n  uint64 // of the event; 0: no event
}

// serve speaks and listens until the connection ends; nil after ctx ended.
func (s *session) serve(ctx context.Context) error {
	filters := packets.Subscriptions{}
	for _, kind := range contract.FleetKinds() {
		filters = append(filters, packets.Subscription{Filter: s.topic(kind), Qos: kind.QoS()})
	}
	if err := s.line.send(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: s.nextID(), Filters: filters,
	}); err != nil {
		return err
	}
	for {
		now := time.Now()
		t := now.Sub(s.began)
		scene := s.cfg.Plan.At(s.who, t)
		if ctx.Err() != nil {
			return s.farewell()
		}
		if s.cut(scene) {
			return errCut
		}
		if now.Before(s.quiet) && !scene.Has(DeadStream) {
			scene.OnAir = false
		}
		if err := s.speak(now, scene); err != nil {
			return err
		}
		due := s.due(now, scene)
		if until := now.Add(min(scene.Until-t, time.Hour)); until.Before(due) {
			due = until
		}
		pk, ok, err := s.line.receive(ctx, due)
		if err != nil {
			return err
		}
		if ok {
			if err := s.hear(pk); err != nil {
				return err
			}
		}
	}
}

// speak publishes what is new and what is due.
func (s *session) speak(now time.Time, scene Scene) error {
	if err := s.overdue(now); err != nil {
		return err
	}
	s.notice(now, scene)
	if st := stateOf(scene); st != s.st || now.Sub(s.stAt) >= s.cfg.Pace.Repeat {
		state := contract.State{V: contract.Version, On: 1, TS: now.Unix(), St: st, Boot: s.boot}
		if err := s.publish(now, contract.KindState, state.Encode()); err != nil {
			return err
		}
		s.st, s.stAt = st, now
	}
	for _, kept := range []struct {
		kind contract.Kind
		text []byte
		last *[]byte
	}{
		{contract.KindInfo, s.infoOf(scene), &s.info},
		{contract.KindOTA, s.otaOf(now, scene, s.ota), &s.ota},
		{contract.KindGot, s.got, &s.told},
	} {
		if len(kept.text) == 0 || bytes.Equal(kept.text, *kept.last) {
			continue
		}
		if err := s.publish(now, kept.kind, kept.text); err != nil {
			return err
		}
		*kept.last = kept.text
	}
	if err := s.tell(now); err != nil {
		return err
	}
	if now.Before(s.healthDue(now)) {
		return s.ping(now)
	}
	s.healthAt, s.jitter = now, 0.9+0.2*s.rng.Float64()
	s.health++
	return s.publish(now, contract.KindHealth, s.healthOf(now, scene))
}

// tell publishes events that wait, some at a time.
func (s *session) tell(now time.Time) error {
	for i := range s.events {
		if len(s.unanswered) >= window {
			return nil
		}
		if s.events[i].sent {
			continue
		}
		s.events[i].sent = true
		if err := s.publish(now, contract.KindEvent, s.events[i].event.Encode()); err != nil {
			return err
		}
		s.unanswered[len(s.unanswered)-1].n = s.events[i].event.N
	}
	return nil
}

// healthDue is when the next health message is to be sent. A show that begins
// shortens an interval that already runs.
func (s *session) healthDue(now time.Time) time.Time {
	if s.healthAt.IsZero() {
		return now
	}
	interval := s.cfg.Pace.Idle
	if s.wish > 0 {
		interval = time.Duration(s.wish) * time.Second
	}
	if onAir(s.st) || now.Before(s.burst) {
		interval = min(interval, s.cfg.Pace.Live)
	}
	return s.healthAt.Add(time.Duration(s.jitter * float64(interval)))
}

// ping keeps the way open when nothing else does.
func (s *session) ping(now time.Time) error {
	if now.Sub(s.spokeAt) < s.cfg.Pace.KeepAlive || !s.pingAt.IsZero() {
		return nil
	}
	s.spokeAt, s.pingAt = now, now
	return s.line.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
}

// due is when there is something to do next.
func (s *session) due(now time.Time, scene Scene) time.Time {
	due := s.healthDue(now)
	for _, other := range []time.Time{s.spokeAt.Add(s.cfg.Pace.KeepAlive), s.stAt.Add(s.cfg.Pace.Repeat)} {
		if other.Before(due) {
			due = other
		}
	}
	if len(s.unanswered) > 0 {
		due = earlier(due, s.unanswered[0].at.Add(s.cfg.Pace.Ack))
	}
	if !s.pingAt.IsZero() {
		due = earlier(due, s.pingAt.Add(s.cfg.Pace.Ack))
	}
	if s.quiet.After(now) {
		due = earlier(due, s.quiet)
	}
	return due
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// overdue is the loss of a connection on which the broker has fallen silent.
func (s *session) overdue(now time.Time) error {
	late := len(s.unanswered) > 0 && now.Sub(s.unanswered[0].at) >= s.cfg.Pace.Ack
	if late || (!s.pingAt.IsZero() && now.Sub(s.pingAt) >= s.cfg.Pace.Ack) {
		return errNoAck
	}
	return nil
}

// publish sends one message of this box.
func (s *session) publish(now time.Time, kind contract.Kind, payload []byte) error {
	pk := packets.Packet{TopicName: s.topic(kind), Payload: payload, FixedHeader: packets.FixedHeader{
		Type: packets.Publish, Qos: kind.QoS(), Retain: kind.Retained(),
	}}
	if kind.QoS() > 0 {
		pk.PacketID = s.nextID()
		s.unanswered = append(s.unanswered, flight{id: pk.PacketID, at: now})
	}
	s.spokeAt = now
	s.meter.messages.Add(1)
	return s.line.send(pk)
}

// hear takes what the broker sent.
func (s *session) hear(pk packets.Packet) error {
	switch pk.FixedHeader.Type {
	case packets.Puback:
		s.answered(pk.PacketID)
	case packets.Pingresp:
		s.pingAt = time.Time{}
	case packets.Suback:
		if i := slices.IndexFunc(pk.ReasonCodes, func(code byte) bool { return code > 2 }); i >= 0 {
			return fmt.Errorf("%w the subscription to %s", errRefused, contract.FleetKinds()[i])
		}
	case packets.Publish:
		if pk.FixedHeader.Qos > 0 {
			ack := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: pk.PacketID}
			if err := s.line.send(ack); err != nil {
				return err
			}
		}
		return s.obey(pk)
	}
	return nil
}

// answered takes a message out of those that wait.
func (s *session) answered(id uint16) {
	i := slices.IndexFunc(s.unanswered, func(f flight) bool { return f.id == id })
	if i < 0 {
		return
	}
	s.meter.acked.Add(1)
	n := s.unanswered[i].n
	s.unanswered = slices.Delete(s.unanswered, i, i+1)
	if n > 0 {
		s.events = slices.DeleteFunc(s.events, func(e spooled) bool { return e.event.N == n })
	}
}

// farewell takes the place of the will, which a broker does not publish when a
// client leaves in good order.
func (s *session) farewell() error {
	state := contract.State{V: contract.Version, TS: time.Now().Unix(), St: contract.StShutdown, Boot: s.boot}
	return errors.Join(
		s.publish(time.Now(), contract.KindState, state.Encode()),
		s.line.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}}),
	)
}

func (s *session) nextID() uint16 {
	s.lastID++
	if s.lastID == 0 {
		s.lastID = 1
	}
	return s.lastID
}

func (b *box) topic(kind contract.Kind) string {
	return contract.Topic{Tenant: b.who.Tenant, Box: b.who.ID, Kind: kind}.String()
}
