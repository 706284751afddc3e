package telemetry

import (
	"bytes"
	"context"
	"math/rand/v2"
	"time"

	"studiobox/provisioning/contract"
)

// wire is one MQTT connection.
type wire interface {
	// publish returns once the broker has acknowledged (QoS 1) or the socket
	// has taken the message (QoS 0), or with the reason why not.
	publish(ctx context.Context, kind contract.Kind, payload []byte) error
	// lost is closed when the connection is; cause tells why.
	lost() <-chan struct{}
	cause() error
}

// session is what has been said on one connection.
type session struct {
	*Reporter
	wire wire
	boot string

	st       string    // last published
	stAt     time.Time // when
	info     []byte    // last published
	healthAt time.Time // when, zero before the first
	jitter   float64   // of the next health message: 0.9 to 1.1 of the interval
}

// serve speaks on one connection until it is lost or ctx ends. The error says
// how it was lost; nil after ctx ended.
func (r *Reporter) serve(ctx context.Context, w wire, boot string) error {
	s := &session{Reporter: r, wire: w, boot: boot}
	ticker := time.NewTicker(r.pace.look)
	defer ticker.Stop()
	for {
		err := s.look(ctx)
		if ctx.Err() != nil {
			s.farewell(ctx)
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-w.lost():
			return w.cause()
		case <-ticker.C:
		}
	}
}

// look publishes what is new in the snapshot and what is due by time. The first
// look of a session begins with the birth: a state that is on.
func (s *session) look(ctx context.Context) error {
	now := time.Now()
	snap := s.source.Snapshot()
	st := contract.StSetup
	if snap != nil {
		st = snap.Session.State
	}
	if st != s.st || now.Sub(s.stAt) >= s.pace.repeat {
		state := contract.State{V: contract.Version, On: 1, TS: now.Unix(), St: st, Boot: s.boot}
		if err := s.publish(ctx, contract.KindState, state.Encode()); err != nil {
			return err
		}
		s.st, s.stAt = st, now
	}
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
	s.count++
	return s.publish(ctx, contract.KindHealth, healthOf(snap, s.count, now).Encode())
}

// healthDue tells whether health is to be reported. Since it is asked at every
// look, a show that begins shortens an interval that already runs.
func (s *session) healthDue(now time.Time, st string) bool {
	interval := s.pace.idle
	switch st {
	case "live", "degraded", "reconnecting":
		interval = s.pace.live
	}
	return s.healthAt.IsZero() || now.Sub(s.healthAt) >= time.Duration(s.jitter*float64(interval))
}

// publish sends one message and keeps the count.
func (s *session) publish(ctx context.Context, kind contract.Kind, payload []byte) error {
	err := s.wire.publish(ctx, kind, payload)
	s.note(func(stats *Stats) {
		if err == nil {
			stats.Published++
		} else {
			stats.Failed++
		}
	})
	return err
}

// farewell takes the place of the will, which a broker does not publish when a
// client leaves in good order. It is sent although ctx has ended, but not waited
// for longer than its time.
func (s *session) farewell(ended context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ended), s.pace.farewell)
	defer cancel()
	state := contract.State{V: contract.Version, TS: time.Now().Unix(), St: contract.StShutdown, Boot: s.boot}
	if err := s.publish(ctx, contract.KindState, state.Encode()); err != nil {
		s.log.Info("telemetry: the broker did not take the last state", "error", err)
	}
}
