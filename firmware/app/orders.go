package app

import (
	"context"
	"errors"
	"time"

	"studiobox/firmware/command"
	"studiobox/firmware/session"
	"studiobox/provisioning/contract"
)

const (
	// stopAnswer is how long a stop may take to be seen in the session.
	stopAnswer = session.StopWithin + time.Second
	// startAnswer is the same for a start, besides the box's own times.
	startAnswer = 5 * time.Second
	// lastWords is what an answer has to leave the box before a restart.
	lastWords = time.Second
)

// errRestart is in the error of a box that ends in order to begin anew.
var errRestart = errors.New("a restart was ordered")

// Situation, Perform and Apply are the desk's hands. A simulated board has the
// clock of the machine that plays it, for which somebody else answers.
func (b *box) Situation() command.Situation {
	snapshot := b.snapshots.Snapshot()
	synced := snapshot.Board.ClockSynced || b.cfg.Settings.Box.Board == simulated
	s := command.Situation{
		ClockFloor: builtAfter, ClockSynced: b.fleet.clock.see(synced, time.Now(), time.Since(b.born)), Session: snapshot.Session.State, RemoteStart: snapshot.Session.RemoteStart,
	}
	if snapshot.Studio.Light || b.studio.parts.eye.Exposes {
		s.Looks = snapshot.Studio.Looks
	}
	return s
}

// Perform does what was ordered from afar. Nothing here moves anything.
func (b *box) Perform(ctx context.Context, c contract.Command) error {
	switch c.Op {
	case contract.OpPing:
	case contract.OpBurst:
		b.fleet.burst.Store(time.Now().Add(time.Duration(c.Arg.Minutes) * time.Minute).Unix())
		b.fleet.pace()
	case contract.OpIdentify:
		b.identify.begin(time.Duration(c.Arg.Minutes) * time.Minute)
	case contract.OpLook:
		if err := b.studio.director.Set(c.Arg.Look, false); err != nil {
			b.log.Warn("a look that was ordered could not be set whole", "error", err)
			return &command.Failed{Why: contract.RefusedState, Detail: "in_part"}
		}
	case contract.OpStop:
		return b.orderedStop(ctx)
	case contract.OpStart:
		return b.orderedStart(ctx)
	case contract.OpRestart:
		return b.orderedRestart(ctx)
	case contract.OpWipe:
		return b.orderedWipe(ctx, c.ID)
	default:
		return &command.Failed{Why: contract.RefusedOp}
	}
	return nil
}

// orderedStop is done when the session says so.
func (b *box) orderedStop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopAnswer)
	defer cancel()
	if _, err := b.conductor.Ask(ctx, session.Event{Kind: session.Stop, Source: session.MQTT}); err != nil {
		return &command.Failed{Why: contract.RefusedState, Detail: "timeout"}
	}
	_, err := b.await(ctx, resting)
	return err
}

// orderedStart is done when the ingest has acknowledged the first media.
func (b *box) orderedStart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, b.longestStart()+startAnswer)
	defer cancel()
	before := b.conductor.attempt.Load()
	asked, err := b.conductor.Ask(ctx, session.Event{Kind: session.Start, Source: session.MQTT})
	switch {
	case err != nil:
		return &command.Failed{Why: contract.RefusedState, Detail: "timeout"}
	case asked.Attempt == before && asked.Why == "remote_start":
		return &command.Failed{Why: contract.RefusedForbidden}
	case asked.Attempt == before:
		return &command.Failed{Why: contract.RefusedState, Detail: asked.Phase.String()}
	}
	state, err := b.await(ctx, func(s session.State) bool {
		return s.Attempt != asked.Attempt || s.LiveSince > 0 || resting(s)
	})
	if err == nil && (state.Attempt != asked.Attempt || state.LiveSince == 0) {
		return &command.Failed{Why: contract.RefusedState, Detail: state.Why}
	}
	return err
}

// longestStart is how long the session itself may take from a start to air.
func (b *box) longestStart() time.Duration {
	cfg := session.New(b.sessionConfig()).Config
	return cfg.CheckWait + cfg.Countdown + cfg.StartWithin
}

// orderedRestart ends the program in order, unless a show has begun meanwhile.
func (b *box) orderedRestart(ctx context.Context) error {
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if state := b.state.Load(); state == nil || !resting(*state) {
		return &command.Failed{Why: contract.RefusedOnAir}
	}
	b.end(errRestart)
	return nil
}

// orderedWipe has the next start wipe the box, and begins it.
func (b *box) orderedWipe(ctx context.Context, id string) error {
	dir := b.cfg.Settings.Box.DataDir
	if err := markWipe(dir, id); err != nil {
		b.log.Warn("the box cannot be wiped", "error", err)
		return &command.Failed{Why: contract.RefusedMissing, Detail: "data_dir"}
	}
	err := b.orderedRestart(ctx)
	if err != nil && ctx.Err() == nil { // who is told that it failed must not find it done later
		if err := unmarkWipe(dir); err != nil {
			b.log.Warn("the box will be wiped at its next start although a show has begun", "error", err)
		}
	}
	return err
}

// await waits until the session is as wanted.
func (b *box) await(ctx context.Context, ok func(session.State) bool) (session.State, error) {
	for {
		changed := b.snapshots.Changed()
		state := b.state.Load()
		if state != nil && ok(*state) {
			return *state, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return session.State{}, &command.Failed{Why: contract.RefusedState, Detail: "timeout"}
		}
	}
}

// resting is true while nothing is published and nothing is about to be.
func resting(s session.State) bool { return s.Phase == session.Idle || s.Phase == session.Faulted }

// Apply puts wished settings in force: health at once, rates from the next show.
func (b *box) Apply(w contract.Want) {
	limits := rateLimits(b.cfg.Settings)
	if w.Floor > 0 {
		limits.FloorKbps = w.Floor
	}
	if w.Ceiling > 0 {
		limits.CeilingKbps = w.Ceiling
	}
	limits.StartKbps = min(max(limits.StartKbps, limits.FloorKbps), limits.CeilingKbps)
	b.limits.Store(&limits)
	b.fleet.idle.Store(int64(w.Health))
	b.fleet.pace()
}
