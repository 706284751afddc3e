package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	mathrand "math/rand/v2"
	"time"

	"studiobox/firmware/run"
	"studiobox/provisioning/contract"
)

// Run reports until ctx ends, whether there is a broker or not, and then returns
// nil. At the end it tells the broker, which takes at most half a second.
func (r *Reporter) Run(ctx context.Context) error {
	keeper := run.Keeper{Name: "mqtt", Backoff: r.pace.retry}
	return keeper.Run(ctx, r.connection)
}

// connection is the life of one MQTT session, from dialling to its loss.
func (r *Reporter) connection(ctx context.Context) error {
	boot := newBoot()
	l, err := r.dial(ctx, contract.Will(boot))
	if err == nil {
		r.begun(boot)
		err = r.serve(ctx, l, boot)
		l.close()
	}
	if ctx.Err() != nil {
		r.note(func(s *Stats) { s.Connected = false })
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

// begun notes a new session.
func (r *Reporter) begun(boot string) {
	r.log.Info("telemetry: connected", "broker", r.broker.String(), "boot", boot)
	r.note(func(s *Stats) {
		s.Connected, s.LastError, s.Refused, s.Boot = true, "", false, boot
		s.Connects++
	})
}

// ended notes why there is no session. The same reason is logged once, and not
// at each of the thousand attempts of a night without a line.
func (r *Reporter) ended(err error) {
	news := false
	r.note(func(s *Stats) {
		news = s.LastError != err.Error()
		s.Connected, s.LastError, s.Refused = false, err.Error(), errors.Is(err, errRefused)
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
