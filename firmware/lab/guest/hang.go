package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

const (
	hangsFor = 5 * time.Second
	// beatsWithin is many feeds long.
	beatsWithin = 10 * time.Second
	// stillWithin is when whatever moves must be without power: the dead-man
	// output has had its last edge.
	stillWithin = 500 * time.Millisecond
)

// hung: the program stands still with its lines held. A process beside it, which
// toggled the dead-man output until then, must stop doing so. A board without that
// output is told of and not judged.
func hung(ctx context.Context, s *studio) (string, error) {
	b, err := s.live(ctx)
	if err != nil {
		return "", err
	}
	defer b.end()
	alive, err := s.beats(ctx)
	if err != nil {
		return "", b.fail(err)
	}
	at, err := b.signal(syscall.SIGSTOP)
	if err != nil {
		return "", b.fail(err)
	}
	var last time.Time
	var beatErr error
	var watching sync.WaitGroup
	watching.Go(func() { last, beatErr = s.heartbeat(ctx, hangsFor) })
	lampTold, err := s.lampWhile(ctx, at)
	watching.Wait()
	if err := errors.Join(err, beatErr); err != nil {
		return "", b.fail(err)
	}
	if _, err := b.signal(syscall.SIGCONT); err != nil {
		return "", b.fail(err)
	}
	again := time.Now()
	if err := b.await(ctx, "on air again after SIGCONT", func(st status) bool { return st.Session.State == "live" }); err != nil {
		return "", b.fail(err)
	}
	red, err := s.air.await(ctx, true, nil)
	if err != nil {
		return "", b.fail(fmt.Errorf("on air again after SIGCONT, and the lamp does not say so: %w", err))
	}
	if red.Sub(again) > slowStart {
		if err := b.tell(); err != nil {
			return "", err
		}
	}
	switch {
	case alive.IsZero():
		return "", fmt.Errorf("%w, board %s has no role deadman: %s", errOpen, board, lampTold)
	case last.IsZero():
		last = alive
	}
	if last.Sub(at) > stillWithin {
		return "", b.fail(fmt.Errorf("%w: the dead-man output still had an edge %v after SIGSTOP, %v allowed", errLate, round(last.Sub(at)), stillWithin))
	}
	return fmt.Sprintf("dead-man output still from %v after SIGSTOP on; %s; on air again with a red lamp %v after SIGCONT",
		round(max(0, last.Sub(at))), lampTold, round(red.Sub(again))), nil
}

// lampWhile tells when the lamp went dark while the program hangs; a red lamp
// that nobody stands behind lies.
func (s *studio) lampWhile(ctx context.Context, at time.Time) (string, error) {
	watched, cancel := context.WithTimeout(ctx, hangsFor)
	defer cancel()
	dark, err := s.air.await(watched, false, nil)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", fmt.Errorf("the lamp stays red for all of the %v that the program hangs", hangsFor)
	case dark.Sub(at) > stillWithin:
		return "", fmt.Errorf("%w: the lamp went dark %v after SIGSTOP, %v allowed", errLate, round(dark.Sub(at)), stillWithin)
	}
	return fmt.Sprintf("lamp dark %v after SIGSTOP", round(dark.Sub(at))), nil
}

// beats returns an edge of the dead-man output while the program is well, and zero
// for a board without one.
func (s *studio) beats(ctx context.Context) (edge time.Time, err error) {
	for began := time.Now(); s.fitted("deadman") && err == nil && edge.IsZero(); {
		if time.Since(began) > beatsWithin {
			return edge, fmt.Errorf("the board has the role deadman, and in %v on air its output had no edge", beatsWithin)
		}
		edge, err = s.heartbeat(ctx, time.Second)
	}
	return edge, err
}

// heartbeat watches the dead-man output for a while and returns its last edge;
// zero when there was none or the board has no such role.
func (s *studio) heartbeat(ctx context.Context, during time.Duration) (last time.Time, err error) {
	if !s.fitted("deadman") {
		return last, nil
	}
	before, err := s.deadman.high()
	for began := time.Now(); err == nil && time.Since(began) < during; err = sleep(ctx, look) {
		now, err := s.deadman.high()
		if err != nil {
			return last, err
		}
		if now != before {
			before, last = now, time.Now()
		}
	}
	return last, err
}
