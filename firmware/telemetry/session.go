package telemetry

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"studiobox/provisioning/contract"
)

// session is what has been said on one connection.
type session struct {
	*Reporter
	wire     wire
	boot     string
	courier  *courier
	promised time.Duration // see Reporter.promise
	renewAt  time.Time     // when to give another one; zero while it fits

	born     time.Time // when the broker took the birth; zero before
	owed     receipt   // of a message that the broker has not taken
	st       string    // last published
	stAt     time.Time // when
	saidAt   time.Time // when anything was published
	info     []byte    // last published
	healthAt time.Time // when, zero before the first
	jitter   float64   // of the next health message: 0.9 to 1.1 of the interval

	listening receipt   // of the subscription under way
	listenAt  time.Time // when it was sent
}

// serve speaks on one connection until it is lost or ctx ends. The error says
// how it was lost; nil when ctx has ended and the broker has taken the farewell.
func (s *session) serve(ctx context.Context) error {
	s.courier = newCourier(s.Reporter, s.wire)
	inner, cancel := context.WithCancel(ctx)
	carried := make(chan error, 1)
	go func() { carried <- s.courier.run(inner) }()
	ended := false
	defer func() {
		if cancel(); !ended {
			<-carried
		}
		if s.courier.heard {
			s.denied.told()
		}
	}()
	ticker := time.NewTicker(s.pace.look)
	defer ticker.Stop()
	for {
		err := s.look(ctx)
		if ctx.Err() != nil {
			return s.farewell(ctx)
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-s.wire.lost():
			return s.wire.cause()
		case err := <-carried:
			ended = true
			if ctx.Err() == nil {
				return err
			}
		case <-ticker.C:
		}
	}
}

// look publishes what is new in the snapshot and what is due by time. The first
// look of a session begins with the birth: a state that is on.
func (s *session) look(ctx context.Context) error {
	now := time.Now()
	if err := errors.Join(s.listen(now), s.renew(now)); err != nil {
		return err
	}
	snap := s.source.Snapshot()
	st := contract.StSetup
	if snap != nil {
		st = snap.Session.State
	}
	if st != s.st || now.Sub(s.stAt) >= s.pace.repeat || now.Sub(s.saidAt) >= s.promised*3/4 {
		state := contract.State{V: contract.Version, On: 1, TS: now.Unix(), St: st, Boot: s.boot}
		if err := s.publish(ctx, contract.KindState, state.Encode()); err != nil {
			return err
		}
		s.st, s.stAt = st, now
	}
	s.settle(now)
	if snap == nil {
		return nil
	}
	if info := infoOf(snap).Encode(); !bytes.Equal(info, s.info) {
		if err := s.publish(ctx, contract.KindInfo, info); err != nil {
			return err
		}
		s.info = info
	}
	if !s.healthDue(now, st) {
		return nil
	}
	s.healthAt, s.jitter = now, 0.9+0.2*rand.Float64()
	return s.publish(ctx, contract.KindHealth, healthOf(snap, s.number(), now).Encode())
}

// renewWithin spreads the new connections of boxes whose pace is changed together.
const renewWithin = 2 * time.Minute

// renew ends a session whose promise does not fit the pace any more: at a slower
// one the box would have to speak for the promise alone, and at a faster one the
// broker would notice its loss late.
func (s *session) renew(now time.Time) error {
	switch {
	case s.promise() == s.promised:
		s.renewAt = time.Time{}
	case s.renewAt.IsZero():
		s.renewAt = now.Add(rand.N(renewWithin))
	case !now.Before(s.renewAt) && s.listening == nil && !s.born.IsZero():
		return errRenew
	}
	return nil
}

// settle notes what the time since the birth shows.
func (s *session) settle(now time.Time) {
	if s.born.IsZero() {
		s.born = now
	}
	if s.clash.lasts(now.Sub(s.born)) {
		s.clashing(false)
	}
	s.traffic.pass()
	s.lookAtCertificate(now)
}

// number is that of the next health message.
func (s *session) number() uint64 {
	if s.cfg.Spool != nil {
		return s.cfg.Spool.HealthNumber()
	}
	s.count++
	return s.count
}

// healthDue tells whether health is to be reported. Since it is asked at every
// look, a show that begins shortens an interval that already runs.
func (s *session) healthDue(now time.Time, st string) bool {
	return s.healthAt.IsZero() || now.Sub(s.healthAt) >= time.Duration(s.jitter*float64(s.interval(now, st)))
}

// listen subscribes, before the birth: who sees that sends orders. It does not
// wait for the broker's answer, but looks for it. A refusal is told, and the
// box goes on reporting and asks again now and then.
func (s *session) listen(now time.Time) error {
	if !s.cfg.Listen {
		return nil
	}
	if s.listening == nil {
		if s.listenAt.IsZero() || !s.Stats().Subscribed && now.Sub(s.listenAt) >= s.pace.repeat {
			s.listening, s.listenAt = s.wire.listen(), now
		}
		return nil
	}
	select {
	case <-s.listening.Done():
	default:
		if now.Sub(s.listenAt) >= s.pace.ack {
			return errNoAck
		}
		return nil
	}
	err := s.listening.Error()
	s.listening = nil
	refusal := refused(err)
	if err != nil && refusal == nil {
		return err
	}
	s.subscribed(refusal)
	return nil
}

// subscribed notes the broker's answer; nil is its consent.
func (s *session) subscribed(refusal *notGranted) {
	text := ""
	if refusal != nil {
		text = "broker " + s.broker.String() + ": " + refusal.Error()
		s.log.Warn("telemetry: no commands will arrive", "error", refusal)
	}
	s.note(func(stats *Stats) {
		stats.Subscribed, stats.LastError = refusal == nil, text
	})
}

// publish sends one message, waits for its receipt and keeps the count.
func (s *session) publish(ctx context.Context, kind contract.Kind, payload []byte) error {
	s.owed = s.wire.send(kind, payload)
	err := await(ctx, s.owed, s.pace.ack)
	s.note(func(stats *Stats) {
		if err == nil {
			stats.Published++
		} else {
			stats.Failed++
		}
	})
	if err == nil {
		s.owed, s.saidAt = nil, time.Now()
	}
	return err
}

// farewell takes the place of the will, which a broker does not publish when a
// client leaves in good order. It is sent although ctx has ended, but not waited
// for longer than its time. The error says that the will is still needed.
func (s *session) farewell(ended context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ended), s.pace.farewell)
	defer cancel()
	state := contract.State{V: contract.Version, TS: time.Now().Unix(), St: contract.StShutdown, Boot: s.boot}
	if err := s.publish(ctx, contract.KindState, state.Encode()); err != nil {
		s.log.Info("telemetry: the broker did not take the last state", "error", err)
		return err
	}
	return nil
}
