package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

const (
	// arc is 9 degrees in steps, of 3200 for a turn. It is short and the speed
	// below is low, since an emulated processor stalls for tenths of a second.
	arc = 3200 * 9 / 360
	// settled is a time without a step in which a move counts as done.
	settled = 2 * time.Second
	// asksFor is how long a person asks again for a move that is refused.
	asksFor   = time.Minute
	moveTries = 3 // at a whole move
	// shownWithin is how long a fault of before may stand in the box's account
	// after a new wish.
	shownWithin = time.Second
)

// spin is a slow turn without end.
const spin = `{"degPerS":4}`

// refusal is a move that the box did not begin or gave up.
type refusal struct {
	code  string // of the fault that it shows now
	steps int    // that were made
}

// tooSlow is the fault of a processor that cannot make its step pulses in time.
const tooSlow = "turntable_behind"

func (r refusal) Error() string {
	return fmt.Sprintf("the box gave the move up by %s after %d steps", r.code, r.steps)
}

// turning starts a box and sets its table in motion by the page.
func (s *studio) turning(ctx context.Context, move string) (b *box, t *table, err error) {
	enable, err := s.chip.line(s.wires["turntable.enable"].line)
	if err != nil {
		return nil, nil, err
	}
	t = &table{enable: enable, powered: !s.wires["turntable.enable"].activeLow}
	if t.steps, err = s.chip.countRises(s.wires["turntable.step"].line); err != nil {
		return nil, nil, err
	}
	if b, err = s.start(ctx); err != nil {
		return nil, nil, err
	}
	if err := s.ask(ctx, b, t, move); err != nil {
		return nil, nil, b.fail(err)
	}
	return b, t, nil
}

// ask asks for a move on the page, and again when the box refuses it or gives it
// up, as a person does: a guard on an emulated processor may answer too late for
// the box, and the pulses may. It returns while the table moves.
func (s *studio) ask(ctx context.Context, b *box, t *table, move string) error {
	visitor, err := s.visit(ctx)
	if err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, asksFor)
	defer cancel()
	for t.refused = nil; ; {
		if err := errors.Join(t.steps.clear(), visitor.post(patient, "/api/turntable", move)); err != nil {
			return err
		}
		err := t.awaitSteps(patient, b, 5)
		if err == nil {
			if err = s.powered(patient, b, t); err == nil {
				return nil
			}
		}
		if _, refused := errors.AsType[refusal](err); !refused || patient.Err() != nil {
			return busy(err)
		}
	}
}

// powered fails when steps are made for a motor that has no power, unless the box
// shows soon that it gave the move up.
func (s *studio) powered(ctx context.Context, b *box, t *table) error {
	on, err := t.on()
	if err != nil || on {
		return err
	}
	for seen := time.Now(); ; {
		st, err := b.status(ctx)
		if err != nil {
			return err
		}
		steps, err := t.steps.rises()
		if err != nil {
			return err
		}
		if code := st.Studio.TableFault; code != "" {
			t.refused = append(t.refused, code)
			return refusal{code, steps}
		}
		if time.Since(seen) > shownWithin {
			return fmt.Errorf("the motor has no power, and steps are made (%d so far)", steps)
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// turned: an angle is so many steps, each of them counted.
func turned(ctx context.Context, s *studio) (string, error) {
	const turn = `{"turnDeg":9}`
	b, t, err := s.turning(ctx, turn)
	if err != nil {
		return "", err
	}
	defer b.end()
	for again := 0; ; again++ {
		steps, err := t.settle(ctx)
		if err != nil {
			return "", b.fail(err)
		}
		if steps == arc {
			return fmt.Sprintf("9 degrees are %d steps, the plan's number", steps), nil
		}
		st, err := b.status(ctx)
		code := st.Studio.TableFault
		if err != nil || code == "" {
			return "", b.fail(errors.Join(fmt.Errorf("9 degrees took %d steps, the plan has %d", steps, arc), err))
		}
		if again == moveTries {
			return "", b.fail(busy(refusal{code, steps}))
		}
		if err := s.ask(ctx, b, t, turn); err != nil {
			return "", b.fail(err)
		}
	}
}

// busy turns a refusal into something that cannot be judged where the box gave
// this very move up because the machine was too slow for step pulses.
func busy(err error) error {
	if r, refused := errors.AsType[refusal](err); refused && r.code == tooSlow {
		return fmt.Errorf("%w, the emulated processor was too slow for step pulses: %w", errOpen, err)
	}
	return err
}

// cutInMotion: the motor loses its power when the program dies or hangs, and a
// program that comes back does not give it back by itself.
func cutInMotion(signal syscall.Signal, within time.Duration) func(context.Context, *studio) (string, error) {
	return func(ctx context.Context, s *studio) (string, error) {
		b, t, err := s.turning(ctx, spin)
		if err != nil {
			return "", err
		}
		defer b.end()
		at, err := b.signal(signal)
		if err != nil {
			return "", b.fail(err)
		}
		after, err := t.awaitOff(ctx, at)
		if err != nil {
			return "", b.fail(fmt.Errorf("%v in motion: %w", signal, err))
		}
		if after > within {
			return "", b.fail(fmt.Errorf("%w: %v in motion, and the motor lost its power after %v, %v allowed", errLate, signal, round(after), within))
		}
		if signal == syscall.SIGSTOP {
			_, err = b.signal(syscall.SIGCONT)
		} else {
			b.end()
			b, err = s.start(ctx)
		}
		if err != nil {
			return "", err
		}
		defer b.end()
		if err := t.staysOff(ctx, silentFor); err != nil {
			return "", b.fail(fmt.Errorf("after the program came back: %w", err))
		}
		if err := s.ask(ctx, b, t, spin); err != nil {
			return "", b.fail(fmt.Errorf("after the program came back, asked anew: %w", err))
		}
		return fmt.Sprintf("motor without power %v after %v; stays so when the program is back, and turns when asked anew (%s)",
			round(after), signal, t.asking()), nil
	}
}

// stopped: the emergency stop takes the motor's power while the table turns; its
// release gives nothing back, and a new wish on the page does.
func stopped(ctx context.Context, s *studio) (string, error) {
	b, t, err := s.turning(ctx, spin)
	if err != nil {
		return "", err
	}
	defer b.end()
	at := time.Now()
	s.stop.lift()
	after, err := t.awaitOff(ctx, at)
	s.stop = s.stop.press()
	if err == nil && after > stillWithin {
		err = fmt.Errorf("%w: %v after, %v allowed", errLate, round(after), stillWithin)
	}
	if err != nil {
		return "", b.fail(fmt.Errorf("emergency stop pushed in motion: %w", err))
	}
	if err := t.staysOff(ctx, silentFor); err != nil {
		return "", b.fail(fmt.Errorf("after the emergency stop was released: %w", err))
	}
	if err := s.ask(ctx, b, t, spin); err != nil {
		return "", b.fail(fmt.Errorf("asked anew: %w", err))
	}
	return fmt.Sprintf("motor without power %v after the push; a release gives nothing back, a new wish does (%s)",
		round(after), t.asking()), nil
}
