package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"studiobox/firmware/run"
	"studiobox/provisioning/contract"
)

// Run reports until ctx ends, whether there is a broker or not, and then returns
// nil. At the end it tells the broker, which takes at most half a second.
func (r *Reporter) Run(ctx context.Context) error {
	keeper := run.Keeper{Name: "mqtt", Backoff: r.pace.retry}
	defer func() { r.traffic.pause(r.traffic.now()) }()
	return keeper.Run(ctx, r.connection)
}

// connection is the life of one MQTT session, from dialling to its loss, and of
// those that follow it because the pace has changed.
func (r *Reporter) connection(ctx context.Context) error {
	for {
		if err := r.once(ctx); !errors.Is(err, errRenew) {
			return err
		}
	}
}

// once is the life of one session.
func (r *Reporter) once(ctx context.Context) error {
	boot, promise := newBoot(), sync.OnceValue(r.promise)
	r.certified = time.Time{}
	r.lookAtCertificate(time.Now())
	w, err := r.dialer(ctx, contract.Will(boot), promise)
	if err != nil {
		r.clash.unreached()
		return r.reason(ctx, err)
	}
	r.begun(boot)
	s := &session{Reporter: r, wire: w, boot: boot, promised: promise()}
	err = s.serve(ctx)
	if err == nil {
		w.close()
	} else {
		if !errors.Is(err, errRenew) && ctx.Err() == nil {
			err = verdict(w, err)
		}
		w.drop() // nothing has taken the place of the will
	}
	if ctx.Err() != nil || errors.Is(err, errRenew) {
		r.note(func(s *Stats) { s.Connected, s.Subscribed = false, false })
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, errRenew):
		return err
	}
	wait := r.judge(s, err)
	err = r.reason(ctx, err)
	pause(ctx, wait)
	return err
}

// verdict is why a connection ended. Who publishes at that moment hears only
// that it did.
func verdict(w wire, heard error) error {
	select {
	case <-w.lost():
		return w.cause()
	case <-time.After(time.Second):
		return heard
	}
}

// judge asks the end of a session whether another box uses this identity, or
// the broker forbids events, and returns how long to stay away.
func (r *Reporter) judge(s *session, err error) time.Duration {
	now := time.Now()
	hungUp := errors.Is(err, io.EOF)
	if hungUp && s.courier.unheard(now) {
		r.denied.ended(now)
		hungUp = false
	}
	owed := s.born.IsZero() || s.owed != nil || !s.courier.idle()
	wait, found := r.clash.ended(end{now.Sub(s.born), hungUp, owed})
	r.note(func(s *Stats) {
		s.EventsDenied = r.denied.on()
		if wait > 0 {
			s.Clashes++
		}
	})
	if found {
		r.clashing(true)
	}
	return wait
}

// clashing tells that a clash begins or ends.
func (r *Reporter) clashing(on bool) {
	if on {
		r.log.Warn("telemetry: another box uses this box's identity; find the copy, or issue a new certificate", "box", r.cfg.Box)
	} else {
		r.log.Info("telemetry: the other box with this identity is gone", "box", r.cfg.Box)
	}
	r.note(func(s *Stats) { s.Clashing = on })
	r.tell(contract.EventClash, contract.SeverityFault, "", !on)
	if r.cfg.OnClash != nil {
		r.cfg.OnClash(on)
	}
}

// begun notes a new session.
func (r *Reporter) begun(boot string) {
	r.log.Info("telemetry: connected", "broker", r.broker.String(), "boot", boot)
	r.note(func(s *Stats) {
		s.Connected, s.LastError, s.Refused, s.Boot = true, "", false, boot
		s.Connects++
	})
}

// reason notes why there is no session, in words that say how to mend it.
func (r *Reporter) reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	err = r.broker.explain(r.cfg.User, err)
	r.ended(err)
	if errors.Is(err, errRefused) {
		// Asking again soon would fill the broker's log, or lock the box out.
		pause(ctx, r.pace.refused+mathrand.N(r.pace.refused))
	}
	return err
}

// ended notes why there is no session. The same reason is logged once, and not
// at each of the thousand attempts of a night without a line.
func (r *Reporter) ended(err error) {
	news := false
	r.note(func(s *Stats) {
		news = s.LastError != err.Error()
		s.Connected, s.Subscribed, s.LastError, s.Refused = false, false, err.Error(), errors.Is(err, errRefused)
	})
	if news {
		r.log.Warn("telemetry: not connected, will keep trying", "error", err)
	}
}

// newBoot makes the random id of a session. A will that arrives late carries an
// older one, and so cannot declare the present session lost.
func newBoot() string {
	var id [4]byte
	rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
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
