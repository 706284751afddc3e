package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// studio is the simulated chip with the box on it.
type studio struct {
	chip   *chip
	wires  map[string]wire
	golive contact
	air    lamp
	// deadman is the output that a process beside the daemon toggles.
	deadman line
	// stop is the emergency stop's contact, closed by a finger while nobody
	// pushes the stop; nil where none is fitted.
	stop *finger
}

// blinkOfStarting is longer than what drivers/indicator shows before on air where
// the lamp plays all patterns: the player cannot tell the two apart any sooner.
const blinkOfStarting = 160 * time.Millisecond

// newStudio finds the box's button and lamp on the chip.
func newStudio(c *chip) (*studio, error) {
	wires, err := roles(board)
	if err != nil {
		return nil, err
	}
	s := &studio{chip: c, wires: wires}
	find := func(role string) line {
		w, ok := s.wires[role]
		if !ok {
			err = errors.Join(err, fmt.Errorf("the board %s has no role %s", board, role))
			return line{}
		}
		l, missing := c.line(w.line)
		err = errors.Join(err, missing)
		return l
	}
	s.golive = contact{find("button.golive"), s.wires["button.golive"].activeLow}
	s.air = lamp{find("lamp.air"), s.wires["lamp.air"].activeLow, 0}
	if !s.fitted("lamp.red") {
		s.air.blink = blinkOfStarting
	}
	if s.fitted("deadman") {
		s.deadman = find("deadman")
	}
	if stop, ok := s.wires["estop"]; ok {
		// Its contact is closed while nobody pushes it: to the level that is not
		// its active one.
		s.stop = contact{find("estop"), !stop.activeLow}.press()
	}
	return s, err
}

// fitted tells whether the board has a role; every board has none.
func (s *studio) fitted(role string) bool {
	_, ok := s.wires[role]
	return ok || role == ""
}

// start starts the box and waits until it could go live.
func (s *studio) start(ctx context.Context) (*box, error) { return s.startWith(ctx, settings) }

// startWith does so with other settings than the usual ones.
func (s *studio) startWith(ctx context.Context, settings string) (*box, error) {
	b, err := startBox(settings)
	if err != nil {
		return nil, err
	}
	if err := b.await(ctx, "ready to go live", ready); err != nil {
		return nil, b.fail(err)
	}
	return b, nil
}

// startSilently starts a box that nobody asks for a show: from its first moment
// on, and a while after it could, nothing goes on air.
func (s *studio) startSilently(ctx context.Context) (*box, error) {
	b, err := startBox(settings)
	if err != nil {
		return nil, err
	}
	if err := s.staysDark(ctx, silentFor); err != nil {
		return nil, b.fail(err)
	}
	if err := b.await(ctx, "ready to go live", ready); err != nil {
		return nil, b.fail(err)
	}
	if err := s.staysDark(ctx, silentFor); err != nil {
		return nil, b.fail(err)
	}
	return b, nil
}

// ready is a box that only waits for a press.
func ready(st status) bool {
	return st.Session.State == "idle" && st.Camera.Connected && st.Camera.FPS > 0
}

// onAir is what a start looked like from outside.
type onAir struct {
	lampAfter time.Duration // from the last press to the red lamp
	presses   int           // until the box took one
	lit       int           // how often the lamp had begun to shine until it stayed
	unitsThen uint64        // that had reached the ingest in this show when the lamp turned red
}

// goLive holds the button until the box takes it and waits for the lamp.
func (s *studio) goLive(ctx context.Context, b *box) (onAir, error) {
	before, err := askIngest()
	if err != nil {
		return onAir{}, err
	}
	asking, letGo := context.WithCancel(ctx)
	pressed := make(chan []time.Time, 1)
	go func() { pressed <- s.insist(asking, b) }()
	var then arrived
	lit := 0
	red, err := s.air.await(ctx, true, func() {
		then, err = askIngest()
		lit++
	})
	letGo()
	at := <-pressed
	if err != nil {
		return onAir{}, fmt.Errorf("the lamp did not turn red after it was asked for %s: %w", times(len(at)), err)
	}
	o := onAir{red.Sub(at[len(at)-1]), len(at), lit, then.VideoUnits - before.VideoUnits}
	if o.unitsThen == 0 || then.Sessions == before.Sessions {
		return o, fmt.Errorf("the lamp turned red %v after the press with no picture at the ingest", round(o.lampAfter))
	}
	return o, nil
}

// insist holds the button until the box is on air, anew where a check failed, as
// a person does who watches the lamp: an emulated camera may be late too. It
// returns when it pressed.
func (s *studio) insist(ctx context.Context, b *box) (pressed []time.Time) {
	for {
		pressed = append(pressed, time.Now())
		err := s.hold(ctx, b, func(st status) bool {
			return slices.Contains([]string{"starting", "live", "fault"}, st.Session.State)
		})
		live := false
		if err == nil {
			err = b.await(ctx, "on air, or ready for another press", func(st status) bool {
				live = st.Session.State == "live"
				return live || ready(st)
			})
		}
		if err != nil || live {
			return pressed // whoever waits for the lamp tells that it failed
		}
	}
}

// live starts a box and takes it on air.
func (s *studio) live(ctx context.Context) (*box, error) {
	b, err := s.start(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.goLive(ctx, b); err != nil {
		return nil, b.fail(err)
	}
	return b, nil
}

// hold keeps the button pressed until the box says that it took the hold, as a
// person does. The lamp alone does not tell: a guard that a slow processor kept
// waiting puts it out for a moment.
func (s *studio) hold(ctx context.Context, b *box, taken func(status) bool) error {
	f := s.golive.press()
	defer f.lift()
	return b.await(ctx, "taking the hold", taken)
}

// staysDark fails when the lamp claims to be on air, or anything is published,
// within a time.
func (s *studio) staysDark(ctx context.Context, during time.Duration) error {
	before, err := askIngest()
	if err != nil {
		return err
	}
	quiet, cancel := context.WithTimeout(ctx, during)
	defer cancel()
	if at, err := s.air.await(quiet, true, nil); err == nil {
		return fmt.Errorf("the lamp turned red by itself at %s", at.UTC().Format(time.TimeOnly))
	}
	after, err := askIngest()
	if err != nil {
		return err
	}
	if after.Sessions != before.Sessions {
		return fmt.Errorf("the box published by itself: %d sessions at the ingest, %d before", after.Sessions, before.Sessions)
	}
	return ctx.Err()
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
