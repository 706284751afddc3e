package inbox

import (
	"context"
	"errors"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
)

const (
	// eventsSuffix makes the client id of the events' connection. The broker keeps
	// the session's subscriptions, too: a console that wants other kinds there must
	// unsubscribe, or take another suffix.
	eventsSuffix = "-events"
	// mostUnacked is how many messages a broker can send before it needs an
	// acknowledgement: MQTT has no more numbers for them. One connection therefore
	// never fills the queue.
	mostUnacked = 1<<16 - 1
	// batch is how many events are stored at once at most.
	batch = 4096
)

var errFull = errors.New("more events came than can be stored")

// lasting are the kinds that the broker keeps for a console that is away: what a
// box says once and forgets when the broker has it.
func lasting() []contract.Kind { return []contract.Kind{contract.KindEvent, contract.KindAck} }

// eventsSession is how the events' connection presents itself. Without a client
// id of its own nobody would ever come back for what the broker kept.
func (i *Inbox) eventsSession() session {
	return session{client: i.cfg.Client + eventsSuffix, clean: i.passing, manual: true, take: func(l *link, m mqtt.Message) {
		i.received.Add(1)
		select {
		case i.events <- arrival{topic: m.Topic(), payload: m.Payload(), retained: m.Retained(), at: time.Now(), ack: m.Ack}:
		default:
			// Several connections filled it while nothing could be stored. Without an
			// acknowledgement the broker keeps the message for the next one.
			l.lose(errFull)
		}
	}}
}

// eventsConnection is the life of one connection for events.
func (i *Inbox) eventsConnection(ctx context.Context) error {
	l, err := i.dial(ctx, i.eventsSession())
	if err != nil {
		return i.broker.explain(err)
	}
	defer l.close()
	if err := i.subscribeEvents(ctx, l); err != nil {
		return i.broker.explain(err)
	}
	i.log.Info("inbox: connected for events", "broker", i.broker.String(), "client", i.cfg.Client+eventsSuffix, "kept", l.present)
	i.note(func(s *state) { s.lines[lineEvents] = line{up: true} })
	select {
	case <-ctx.Done():
		return nil
	case <-l.alive.Done():
		return i.broker.explain(context.Cause(l.alive))
	}
}

// subscribeEvents asks for events and acks, not shared. A broker that cannot tell
// the number of a request from that of a message under way the other way (mochi)
// refuses as long as there is one: hence more than one try where messages waited.
func (i *Inbox) subscribeEvents(ctx context.Context, l *link) error {
	filters := map[string]byte{}
	for _, kind := range lasting() {
		filters[plain(kind)] = kind.QoS()
	}
	tries := 1
	if l.present {
		tries = 10
	}
	for range tries {
		granted, err := l.subscribe(ctx, filters)
		if granted || err != nil {
			return err
		}
		pause(ctx, i.pace.again)
	}
	return errSubscription
}

// settle hands on what the events' connection brings, has it stored, and only
// then acknowledges it, until ctx ends. All that has come while the last batch
// was stored makes the next one: the slower the disk, the larger.
func (i *Inbox) settle(ctx context.Context) {
	for {
		var some []arrival
		select {
		case <-ctx.Done():
			return
		case a := <-i.events:
			some = append(some, a)
		}
		for len(i.events) > 0 && len(some) < batch {
			some = append(some, <-i.events)
		}
		for _, a := range some {
			i.deliver(a)
		}
		if !i.commit(ctx) {
			return // what is not acknowledged comes again
		}
		for _, a := range some {
			a.ack()
		}
	}
}

// commit has what was handed on stored, and does not give up until ctx ends;
// false: it is not stored. Meanwhile the broker keeps what else comes.
func (i *Inbox) commit(ctx context.Context) bool {
	if i.cfg.Commit == nil {
		return true
	}
	for tries := 0; ctx.Err() == nil; tries++ {
		err := i.cfg.Commit(ctx)
		if err == nil {
			return true
		}
		if tries == 0 && ctx.Err() == nil {
			i.log.Warn("inbox: events cannot be stored; the broker keeps them until they can", "error", err)
		}
		pause(ctx, i.pace.again)
	}
	return false
}
