package inbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	mathrand "math/rand/v2"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
)

// ErrAway is returned by Publish while there is no broker.
var ErrAway = errors.New("the broker is away; try again")

// Run listens until ctx ends, whether there is a broker or not, and then returns
// nil.
func (i *Inbox) Run(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { i.work(ctx) })
	group.Go(func() { i.settle(ctx) })
	group.Go(func() { i.keep(ctx, lineNews, i.connection) })
	group.Go(func() { i.keep(ctx, lineEvents, i.eventsConnection) })
	group.Wait()
	return nil
}

// keep holds one of the two connections until ctx ends.
func (i *Inbox) keep(ctx context.Context, which int, connection func(context.Context) error) {
	wait := i.pace.first
	for ctx.Err() == nil {
		born := time.Now()
		err := connection(ctx)
		if ctx.Err() != nil {
			break
		}
		i.ended(which, err)
		if time.Since(born) >= i.pace.settle {
			wait = i.pace.first
		}
		// Full jitter: consoles that lost one broker must not come back in step.
		pause(ctx, mathrand.N(wait))
		wait = min(2*wait, i.pace.longest)
	}
	i.note(func(s *state) { s.lines[which].up = false })
}

// connection is the life of one connection for all but events.
func (i *Inbox) connection(ctx context.Context) error {
	l, err := i.dial(ctx, session{client: i.cfg.Client, clean: true, take: func(_ *link, m mqtt.Message) {
		i.arrive(arrival{topic: m.Topic(), payload: m.Payload(), retained: m.Retained(), at: time.Now()})
	}})
	if err != nil {
		return i.broker.explain(err)
	}
	defer l.close()
	shared, err := i.subscribe(ctx, l)
	if err != nil {
		return i.broker.explain(err)
	}
	i.begun(l, shared)
	defer i.hear(time.Time{})
	defer i.hold(nil)
	i.hear(time.Now())
	if shared {
		if err := i.census(ctx, l); err != nil {
			return i.broker.explain(err)
		}
	}
	i.note(func(s *state) { s.Censuses++ })
	select {
	case <-ctx.Done():
		return nil
	case <-l.alive.Done():
		return i.broker.explain(context.Cause(l.alive))
	}
}

// begun notes a connection.
func (i *Inbox) begun(l *link, shared bool) {
	i.log.Info("inbox: connected", "broker", i.broker.String(), "client", i.cfg.Client, "shared", shared)
	i.hold(l)
	i.note(func(s *state) {
		s.lines[lineNews], s.Shared = line{up: true}, shared
		s.Connects++
	})
}

// hold makes a connection the one that publishes.
func (i *Inbox) hold(l *link) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.link = l
	if l == nil {
		i.state.lines[lineNews].up = false
	}
}

// hear tells since when messages arrive.
func (i *Inbox) hear(since time.Time) {
	if i.cfg.Hear != nil {
		i.cfg.Hear(since)
	}
}

// ended notes why there is no connection; the same reason is logged once.
func (i *Inbox) ended(which int, err error) {
	news := false
	i.note(func(s *state) {
		news = s.lines[which].why != err.Error()
		s.lines[which] = line{why: err.Error()}
	})
	if news {
		i.log.Warn("inbox: not connected, will keep trying", "error", err)
	}
}

// Publish sends a command (never kept by the broker) or wished settings (kept)
// and returns when the broker has acknowledged. ErrAway: there is no broker now.
func (i *Inbox) Publish(ctx context.Context, topic contract.Topic, payload []byte) error {
	i.mu.Lock()
	l := i.link
	i.mu.Unlock()
	if err := publishable(topic, payload); err != nil {
		return err
	}
	if l == nil {
		return ErrAway
	}
	return l.publish(ctx, topic, payload)
}

// newClient makes a client id that no other console has.
func newClient() string {
	var id [6]byte
	rand.Read(id[:]) // never fails
	return "console-" + hex.EncodeToString(id[:])
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
