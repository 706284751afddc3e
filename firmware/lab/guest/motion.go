package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	// arc is 9 degrees in steps, of 3200 for a turn. It is short and the speed
	// below is low, since an emulated processor stalls for tenths of a second.
	arc = 3200 * 9 / 360
	// settled is a time without a step in which a move counts as done.
	settled = 2 * time.Second
)

// table is the motor's driver, seen from its terminals.
type table struct {
	steps   *counter
	enable  line
	powered bool // the level that powers the motor
}

// turning starts a box and sets its table in motion by the page. An emulated
// processor that stalls makes a box cut its own motor's power, so there are a
// few tries.
func (s *studio) turning(ctx context.Context, move string) (b *box, t *table, err error) {
	for range 3 {
		if b, t, err = s.tryTurning(ctx, move); err == nil {
			return b, t, nil
		}
	}
	return nil, nil, err
}

func (s *studio) tryTurning(ctx context.Context, move string) (*box, *table, error) {
	enable, err := s.chip.line(s.wires["turntable.enable"].line)
	if err != nil {
		return nil, nil, err
	}
	t := &table{enable: enable, powered: !s.wires["turntable.enable"].activeLow}
	b, err := s.start(ctx)
	if err != nil {
		return nil, nil, err
	}
	visitor, err := s.visit(ctx)
	if err == nil {
		t.steps, err = s.chip.countRises(s.wires["turntable.step"].line)
	}
	if err == nil {
		err = visitor.post(ctx, "/api/turntable", move)
	}
	if err == nil {
		err = t.awaitSteps(ctx, 5)
	}
	if err == nil {
		err = s.powered(ctx, t)
	}
	if err != nil {
		return nil, nil, b.fail(busy(err))
	}
	return b, t, nil
}

// powered fails when steps are made for a motor that has no power.
func (s *studio) powered(ctx context.Context, t *table) error {
	on, err := t.on()
	if err != nil || on {
		return err
	}
	beat, err := s.heartbeat(ctx, time.Second)
	if err != nil {
		return err
	}
	steps, err := t.steps.rises()
	if err != nil {
		return err
	}
	return fmt.Errorf("the motor has no power, and steps are made (%d so far; dead-man output toggles: %t)", steps, !beat.IsZero())
}

// on tells whether the motor has power.
func (t *table) on() (bool, error) {
	high, err := t.enable.high()
	return high == t.powered, err
}

func (t *table) awaitSteps(ctx context.Context, least int) error {
	soon, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		n, err := t.steps.rises()
		if err != nil || n >= least {
			return err
		}
		if sleep(soon, 50*time.Millisecond) != nil {
			return fmt.Errorf("the table was asked to turn, and %d steps came", n)
		}
	}
}

// awaitOff tells when the motor lost its power.
func (t *table) awaitOff(ctx context.Context, at time.Time) (time.Duration, error) {
	soon, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		on, err := t.on()
		if err != nil || !on {
			return time.Since(at), err
		}
		if sleep(soon, time.Millisecond) != nil {
			return 0, fmt.Errorf("the motor has power still, %v after", round(time.Since(at)))
		}
	}
}

// staysOff fails when the motor gets power again within a time.
func (t *table) staysOff(ctx context.Context, during time.Duration) error {
	for began := time.Now(); time.Since(began) < during; {
		if on, err := t.on(); err != nil || on {
			return fmt.Errorf("the motor has power again %v later, and nobody asked (%v)", round(time.Since(began)), err)
		}
		if err := sleep(ctx, look); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until no more steps come and returns their number.
func (t *table) settle(ctx context.Context) (int, error) {
	last, since := -1, time.Now()
	for {
		n, err := t.steps.rises()
		if err != nil {
			return n, err
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) >= settled {
			return n, nil
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return n, err
		}
	}
}

// turned: an angle is so many steps, each of them counted.
func turned(ctx context.Context, s *studio) (string, error) {
	b, t, err := s.turning(ctx, `{"turnDeg":9}`)
	if err != nil {
		return "", err
	}
	defer b.end()
	steps, err := t.settle(ctx)
	if err != nil {
		return "", b.fail(err)
	}
	if steps != arc {
		return "", b.fail(busy(fmt.Errorf("9 degrees took %d steps, the plan has %d", steps, arc)))
	}
	return fmt.Sprintf("9 degrees are %d steps, the plan's number", steps), nil
}

// busy turns a failure into something that cannot be judged where the box itself
// gave the move up, because this machine was too slow for step pulses.
func busy(err error) error {
	log, readErr := os.ReadFile(boxLog)
	if readErr == nil && strings.Contains(string(log), "code=turntable_behind") {
		return fmt.Errorf("%w, the emulated processor was too slow for step pulses and the box said so: %v", errOpen, err)
	}
	return err
}

// cutInMotion: the motor loses its power when the program dies or hangs, and a
// program that comes back does not give it back by itself.
func cutInMotion(signal syscall.Signal, within time.Duration) func(context.Context, *studio) (string, error) {
	return func(ctx context.Context, s *studio) (string, error) {
		b, t, err := s.turning(ctx, `{"degPerS":4}`)
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
			return "", b.fail(fmt.Errorf("%v in motion: the motor lost its power after %v, %v allowed", signal, round(after), within))
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
		return fmt.Sprintf("motor without power %v after %v; stays so when the program is back", round(after), signal), nil
	}
}

// stopped: the emergency stop takes the motor's power while the table turns; its
// release gives nothing back, and a new wish on the page does.
func stopped(ctx context.Context, s *studio) (string, error) {
	const spin = `{"degPerS":4}`
	b, t, err := s.turning(ctx, spin)
	if err != nil {
		return "", err
	}
	defer b.end()
	at := time.Now()
	s.stop.lift()
	after, err := t.awaitOff(ctx, at)
	if err == nil && after > stillWithin {
		err = fmt.Errorf("%v after, %v allowed", round(after), stillWithin)
	}
	if err != nil {
		return "", b.fail(fmt.Errorf("emergency stop pushed in motion: %w", err))
	}
	s.stop = s.stop.press()
	if err := t.staysOff(ctx, silentFor); err != nil {
		return "", b.fail(fmt.Errorf("after the emergency stop was released: %w", err))
	}
	visitor, err := s.visit(ctx)
	if err != nil {
		return "", b.fail(err)
	}
	if err := visitor.post(ctx, "/api/turntable", spin); err != nil {
		return "", b.fail(err)
	}
	before, err := t.steps.rises()
	if err == nil {
		err = t.awaitSteps(ctx, before+5)
	}
	if err != nil {
		return "", b.fail(fmt.Errorf("asked anew: %w", err))
	}
	return fmt.Sprintf("motor without power %v after the push; a release gives nothing back, a new wish does", round(after)), nil
}
