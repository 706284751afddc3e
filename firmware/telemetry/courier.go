package telemetry

import (
	"context"
	"errors"
	"time"

	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

// inFlight is how many of the courier's messages wait for the broker's
// acknowledgement at most.
const inFlight = 16

// courier carries on one connection what must arrive: answers first, then what
// stands settled, then events in their order. It has a goroutine of its own, so
// that a slow acknowledgement holds up no health.
type courier struct {
	*Reporter
	wire    wire
	flights []flight // oldest first: a broker acknowledges in order (MQTT 3.1.1, 4.6)
	held    time.Time

	said   map[contract.Kind]string // what stands settled, as published on this connection
	events []spool.Event            // read, not yet sent
	read   spool.Mark               // the last one of them
	more   bool                     // the spool may have others

	first time.Time // when the first event was sent; zero before
	heard bool      // the broker took one
}

// flight is a message under way.
type flight struct {
	receipt receipt
	sent    time.Time
	answer  *answer    // if it is one
	mark    spool.Mark // if it is an event
}

func newCourier(r *Reporter, w wire) *courier {
	return &courier{Reporter: r, wire: w, held: r.denied.until, said: map[contract.Kind]string{}, more: true}
}

// run carries until ctx or the connection ends. The error tells what failed.
func (c *courier) run(ctx context.Context) error {
	defer c.giveBack()
	var fresh <-chan struct{}
	if c.cfg.Spool != nil {
		fresh = c.cfg.Spool.Fresh()
	}
	for {
		c.fill()
		oldest, late := c.oldest()
		select {
		case <-ctx.Done():
			return nil
		case <-c.wire.lost():
			return c.wire.cause()
		case <-c.answers.wake:
		case <-c.settled.wake:
		case <-fresh:
			c.more = true
		case <-c.release():
			c.held = time.Time{}
		case <-oldest:
			if err := c.land(); err != nil {
				return err
			}
		case <-late:
			return errNoAck
		}
	}
}

// oldest is the receipt that comes next, and the end of the time for it.
func (c *courier) oldest() (done <-chan struct{}, late <-chan time.Time) {
	if len(c.flights) == 0 {
		return nil, nil
	}
	f := c.flights[0]
	return f.receipt.Done(), time.After(c.pace.ack - time.Since(f.sent))
}

// release fires when events need no longer be held back.
func (c *courier) release() <-chan time.Time {
	if c.held.IsZero() {
		return nil
	}
	return time.After(time.Until(c.held))
}

// fill sends as much as may be in flight.
func (c *courier) fill() {
	waiting, stale := c.answers.take(time.Now())
	for i := range waiting {
		if len(c.flights) >= inFlight {
			stale += c.answers.back(waiting[i:])
			break
		}
		c.send(contract.KindAck, waiting[i].payload, flight{answer: &waiting[i]})
	}
	if stale > 0 {
		c.note(func(s *Stats) { s.AnswersLost += uint64(stale) })
	}
	kinds, payloads := c.settled.all()
	for i, kind := range kinds {
		if payload := string(payloads[i]); len(c.flights) < inFlight && c.said[kind] != payload {
			c.send(kind, payloads[i], flight{})
			c.said[kind] = payload
		}
	}
	for len(c.flights) < inFlight {
		event, ok := c.next()
		if !ok {
			return
		}
		if c.first.IsZero() {
			c.first = time.Now()
		}
		c.send(contract.KindEvent, event.Payload, flight{mark: event.Mark})
	}
}

// next is the next event to send, if there is one now.
func (c *courier) next() (spool.Event, bool) {
	if c.cfg.Spool == nil || !c.held.IsZero() {
		return spool.Event{}, false
	}
	if len(c.events) == 0 && c.more {
		const most = 4 * inFlight
		c.events = c.cfg.Spool.Next(c.read, most)
		c.more = len(c.events) == most
	}
	if len(c.events) == 0 {
		return spool.Event{}, false
	}
	event := c.events[0]
	c.events, c.read = c.events[1:], event.Mark
	return event, true
}

func (c *courier) send(kind contract.Kind, payload []byte, f flight) {
	f.receipt, f.sent = c.wire.send(kind, payload), time.Now()
	c.flights = append(c.flights, f)
}

// land books the oldest flight, whose receipt is done.
func (c *courier) land() error {
	f := c.flights[0]
	if err := f.receipt.Error(); err != nil {
		c.note(func(s *Stats) { s.Failed++ })
		return err
	}
	c.flights = c.flights[1:]
	c.note(func(s *Stats) { s.Published++ })
	if f.mark != (spool.Mark{}) {
		if !c.heard {
			c.heard = true
			c.note(func(s *Stats) { s.EventsDenied = false })
		}
		c.cfg.Spool.Done(f.mark)
	}
	return nil
}

// giveBack returns the answers that did not arrive. Events are in the spool, and
// what stands settled is said again anyway.
func (c *courier) giveBack() {
	var unsent []answer
	for _, f := range c.flights {
		if f.answer != nil {
			unsent = append(unsent, *f.answer)
		}
	}
	if lost := c.answers.back(unsent); lost > 0 {
		c.note(func(s *Stats) { s.AnswersLost += uint64(lost) })
	}
}

// idle tells whether the broker owes nothing. Like unheard it is for after run.
func (c *courier) idle() bool { return len(c.flights) == 0 }

// unheard tells whether the session ended soon after its first event was sent,
// before the broker took any.
func (c *courier) unheard(now time.Time) bool {
	return !c.first.IsZero() && !c.heard && now.Sub(c.first) < deniedSoon
}

// refused is a subscription's refusal, or nil.
func refused(err error) *notGranted {
	var refusal *notGranted
	errors.As(err, &refusal)
	return refusal
}
