package app

import (
	"context"
	"sync/atomic"
	"time"

	"studiobox/board/sim"
	"studiobox/firmware/panel"
	"studiobox/firmware/session"
)

// Stop ends the show; it is the page's stop, which needs no hold.
func (b *box) Stop() {
	b.conductor.Post(session.Event{Kind: session.Stop, Source: session.Panel})
}

// AllowRemoteStart notes what the business decided on the box's own page. It holds
// at once, and is kept over a restart when this returns.
func (b *box) AllowRemoteStart(allowed bool) {
	b.leave.allowed.Store(allowed)
	b.conductor.Post(session.Event{Kind: session.Permit, Source: session.Panel, Allowed: allowed})
	if err := b.leave.save(); err != nil {
		b.log.Warn("the answer to whether a show may start from afar could not be kept", "allowed", allowed, "error", err)
	}
}

// presser is what the page's button presses: on a simulated board the very pin
// that a finger would, on a real one the session machine's second button.
func (b *box) presser() panel.Presser {
	if twin := b.cfg.Hardware.twin; twin != nil {
		return twinPresser{twin, &b.pageHolds}
	}
	return pagePresser{b.conductor}
}

// twinPresser notes while the page holds the pin: such a press is no proof that
// somebody stands at the box, and lets no further visitor in.
type twinPresser struct {
	twin  *sim.Studio
	holds *atomic.Bool
}

func (p twinPresser) PressDown() {
	p.holds.Store(true)
	_ = p.twin.Press(sim.GoLive) // the role is the twin's own
}

func (p twinPresser) PressUp() {
	_ = p.twin.Release(sim.GoLive)
	p.holds.Store(false)
}

type pagePresser struct{ conductor *conductor }

func (p pagePresser) PressDown() {
	p.conductor.Post(session.Event{Kind: session.Down, Source: session.Panel})
}

func (p pagePresser) PressUp() {
	p.conductor.Post(session.Event{Kind: session.Up, Source: session.Panel})
}

// finger presses a simulated button for a while; it lets go early when ctx ends.
func finger(twin *sim.Studio) func(context.Context, string, time.Duration) {
	return func(ctx context.Context, button string, hold time.Duration) {
		if twin.Press(button) != nil {
			return
		}
		timer := time.NewTimer(hold)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		_ = twin.Release(button)
	}
}
