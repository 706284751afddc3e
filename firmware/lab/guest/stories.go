package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// errOpen is how a story tells what happens without judging it.
var errOpen = errors.New("not judged yet")

// story is one thing that must hold on a real kernel's pins.
type story struct {
	name  string
	needs string // a role of the board; empty = what every box has
	// play returns errOpen when it saw what happens and nothing can be judged yet.
	play func(context.Context, *studio) (figures string, err error)
}

// stories are played in this order, each from a clean table.
func stories() []story {
	return []story{
		{name: "golive", play: holdToGoLive},
		{name: "stuck", play: stuckAtBoot},
		{name: "sigterm", play: ended},
		{name: "sigkill", play: killed},
		{name: "sigstop", play: hung},
		{name: "turntable", needs: "turntable.step", play: turned},
		{name: "killed-in-motion", needs: "turntable.step", play: cutInMotion(syscall.SIGKILL, darkWithin)},
		{name: "ended-in-motion", needs: "turntable.step", play: endedInMotion},
		{name: "hung-in-motion", needs: "turntable.step", play: cutInMotion(syscall.SIGSTOP, stillWithin)},
		{name: "estop", needs: "estop", play: stopped},
		{name: "light", play: shone},
		{name: "v4l2", play: func(ctx context.Context, _ *studio) (string, error) { return deviceFilms(ctx) }},
		{name: "camera", play: filmedItself},
	}
}

// What the issue and the design allow.
const (
	holdStop   = 1500 * time.Millisecond // box.toml
	stopWithin = 2 * time.Second         // of a completed hold
	darkWithin = 100 * time.Millisecond  // of SIGKILL
	termWithin = 2 * time.Second         // of SIGTERM
	silentFor  = 6 * time.Second         // several holds long
	fairRate   = 10                      // pictures a second, of the camera's 25
	// slowStart is a start whose log is worth reading, though none is judged by it.
	slowStart = 4 * time.Second
)

// holdToGoLive: hold, red lamp, picture at the ingest; hold, dark lamp.
func holdToGoLive(ctx context.Context, s *studio) (string, error) {
	b, err := s.start(ctx)
	if err != nil {
		return "", err
	}
	defer b.end()
	started, err := s.goLive(ctx, b)
	if err != nil {
		return "", b.fail(err)
	}
	show, err := flowing(ctx)
	if err != nil {
		return "", b.fail(err)
	}
	pressed := time.Now()
	err = s.hold(ctx, b, func(st status) bool { return st.Session.State == "idle" || st.Session.State == "stopping" })
	if err != nil {
		return "", b.fail(err)
	}
	dark, err := s.air.await(ctx, false, nil)
	if err != nil {
		return "", b.fail(fmt.Errorf("the lamp did not go dark after a hold: %w", err))
	}
	stopped := dark.Sub(pressed)
	if stopped > holdStop+stopWithin {
		return "", b.fail(fmt.Errorf("%w: the lamp went dark %v after the press, %v allowed", errLate, round(stopped), holdStop+stopWithin))
	}
	if err := b.await(ctx, "idle again", func(st status) bool { return st.Session.State == "idle" }); err != nil {
		return "", b.fail(err)
	}
	if left, err := askIngest(); err != nil {
		return "", err
	} else if left.Publishing {
		return "", b.fail(errors.New("idle with a dark lamp, but still publishing at the ingest"))
	}
	if started.lampAfter > slowStart {
		if err := b.tell(); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("asked for %s; lamp red %v after the press, lit %s until then, %d pictures at the ingest by then; %.0f pictures/s and %d kbit/s there; lamp dark %v after the stopping press began (hold %v)",
		times(started.presses), round(started.lampAfter), times(started.lit), started.unitsThen, show.FPS, show.Kbps, round(stopped), holdStop), nil
}

// flowing waits until pictures have reached the ingest at a fair rate for a while.
func flowing(ctx context.Context) (arrived, error) {
	soon, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if err := sleep(ctx, 3*time.Second); err != nil {
			return arrived{}, err
		}
		show, err := askIngest()
		if err != nil || show.FPS >= fairRate {
			return show, err
		}
		if soon.Err() != nil {
			return show, fmt.Errorf("on air, but only %.1f pictures/s reach the ingest", show.FPS)
		}
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// stuckAtBoot: a button that is down before the box starts starts nothing.
func stuckAtBoot(ctx context.Context, s *studio) (string, error) {
	f := s.golive.press()
	defer f.lift()
	began := time.Now()
	b, err := s.startSilently(ctx)
	if err != nil {
		return "", err
	}
	defer b.end()
	if err := b.await(ctx, "aware of the stuck button", func(st status) bool { return st.has("button_stuck") }); err != nil {
		return "", b.fail(err)
	}
	shown := time.Since(began)
	text, err := statusText(ctx)
	if err == nil && !strings.Contains(strings.ToLower(text), "button") {
		err = fmt.Errorf("studiobox status says nothing of the button: %s", text)
	}
	if err != nil {
		return "", b.fail(err)
	}
	if err := s.staysDark(ctx, silentFor); err != nil {
		return "", b.fail(err)
	}
	f.lift()
	if err := b.await(ctx, "whole again", func(st status) bool { return !st.has("button_stuck") }); err != nil {
		return "", b.fail(err)
	}
	return fmt.Sprintf("dark and silent from the start of the program on; `studiobox status` tells of the button within %v; gone after the release", round(shown)), nil
}

// ended: SIGTERM on air is an orderly end.
func ended(ctx context.Context, s *studio) (string, error) {
	b, err := s.live(ctx)
	if err != nil {
		return "", err
	}
	at, err := b.signal(syscall.SIGTERM)
	if err != nil {
		return "", b.fail(err)
	}
	dark, err := s.air.await(ctx, false, nil)
	if err != nil {
		return "", b.fail(fmt.Errorf("the lamp did not go dark after SIGTERM: %w", err))
	}
	if err := b.gone(ctx); err != nil {
		return "", b.fail(fmt.Errorf("after SIGTERM: %w", err))
	}
	gone := time.Since(at)
	switch {
	case !b.cmd.ProcessState.Success():
		return "", b.fail(fmt.Errorf("the box ended by %v after SIGTERM", b.cmd.ProcessState))
	case dark.Sub(at) > termWithin:
		return "", b.fail(fmt.Errorf("%w: the lamp went dark %v after SIGTERM, %v allowed", errLate, round(dark.Sub(at)), termWithin))
	}
	return fmt.Sprintf("lamp dark %v after SIGTERM, process gone within %v, exit code 0", round(dark.Sub(at)), round(gone)), nil
}

// killed: nothing of the program runs any more, the kernel lets the line go and
// the board's pull decides; a restart goes on air only by a press.
func killed(ctx context.Context, s *studio) (string, error) {
	after, err := s.killOnAir(ctx)
	if err != nil {
		return "", err
	}
	if after > darkWithin {
		return "", fmt.Errorf("%w: the lamp went dark %v after SIGKILL, %v allowed", errLate, round(after), darkWithin)
	}
	b, err := s.startSilently(ctx)
	if err != nil {
		return "", fmt.Errorf("after a restart: %w", err)
	}
	b.end()
	return fmt.Sprintf("lamp dark %v after SIGKILL, by the line's pull; dark and silent from the restart until %v after the box was ready",
		round(after), silentFor), nil
}

// killOnAir tells how long the lamp outlives the program.
func (s *studio) killOnAir(ctx context.Context) (time.Duration, error) {
	b, err := s.live(ctx)
	if err != nil {
		return 0, err
	}
	defer b.end()
	at, err := b.signal(syscall.SIGKILL)
	if err != nil {
		return 0, b.fail(err)
	}
	soon, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	dark, err := s.air.await(soon, false, nil)
	if err != nil {
		return 0, b.fail(errors.New("the lamp stays lit after SIGKILL: the line's pull keeps it so"))
	}
	return dark.Sub(at), nil
}
