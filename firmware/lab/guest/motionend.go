package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// endedInMotion: SIGTERM to all processes of the box, as systemd sends it, is a
// planned stop: the steps of braking are made for a motor that has power.
func endedInMotion(ctx context.Context, s *studio) (string, error) {
	b, t, err := s.turning(ctx, spin)
	if err != nil {
		return "", err
	}
	defer b.end()
	step, enable := s.wires["turntable.step"].line, s.wires["turntable.enable"].line
	before, err := t.steps.rises()
	if err != nil {
		return "", b.fail(err)
	}
	children, err := childrenOf(b.cmd.Process.Pid)
	if err != nil {
		return "", b.fail(err)
	}
	at, err := b.signal(syscall.SIGTERM)
	if err != nil {
		return "", b.fail(err)
	}
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGTERM) // it may have ended
	}
	after, err := t.awaitOff(ctx, at)
	if err == nil {
		err = b.gone(ctx)
	}
	if err != nil {
		return "", b.fail(fmt.Errorf("SIGTERM in motion: %w", err))
	}
	ends, err := s.chip.levels(step, enable)
	if err != nil {
		return "", b.fail(err)
	}
	made, unpowered := ends.steps(t.powered)
	switch {
	case unpowered == 1: // the pulses' thread was behind the plan's last step
		return "", b.fail(fmt.Errorf("%w: SIGTERM in motion, and the last of %d steps came after the motor had lost its power", errLate, made))
	case unpowered > 1:
		return "", b.fail(fmt.Errorf("SIGTERM in motion: %d of %d steps were made after the motor had lost its power", unpowered, made))
	case !b.cmd.ProcessState.Success():
		return "", b.fail(fmt.Errorf("the box ended by %v after SIGTERM in motion", b.cmd.ProcessState))
	case after > termWithin:
		return "", b.fail(fmt.Errorf("%w: the motor had power for %v after SIGTERM, %v allowed", errLate, round(after), termWithin))
	}
	return fmt.Sprintf("%d steps before SIGTERM to %d processes and %d after it, all of them with power; motor without power %v after it, exit code 0",
		before, 1+len(children), made-before, round(after)), nil
}

// childrenOf are the processes that a process has started and that still run.
func childrenOf(pid int) (children []int, err error) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	for _, path := range lists {
		list, err := os.ReadFile(path)
		if err != nil {
			continue // a thread that has ended since
		}
		for field := range strings.FieldsSeq(string(list)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			children = append(children, child)
		}
	}
	if len(children) == 0 {
		return nil, fmt.Errorf("the box has no other process: %d lists of children", len(lists))
	}
	return children, nil
}

// level is what the program gave to a line, once.
type level struct {
	step bool // not the motor's power
	high bool
}

type levels []level

// levels are those of two lines since the trace was cleared, in their order.
func (c *chip) levels(step, enable string) (found levels, err error) {
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	var numbers [2]int
	for i, name := range []string{step, enable} {
		offset, err := strconv.Atoi(strings.TrimPrefix(name, "GPIO"))
		if err != nil {
			return nil, fmt.Errorf("line %s: %w", name, err)
		}
		numbers[i] = base + offset
	}
	t := &traced{filepath.Join(tracing, "trace"), regexp.MustCompile(
		fmt.Sprintf(`(?m)gpio_value: (%d|%d) set (\d)\s*$`, numbers[0], numbers[1]))}
	events, err := t.found()
	for _, event := range events {
		found = append(found, level{event[1] == strconv.Itoa(numbers[0]), event[2] == "1"})
	}
	return found, err
}

// steps counts the steps, and those of them that came after the motor had power
// and lost it.
func (all levels) steps(powered bool) (made, unpowered int) {
	had, has := false, false
	for _, c := range all {
		switch {
		case !c.step:
			has = c.high == powered
			had = had || has
		case c.high:
			made++
			if had && !has {
				unpowered++
			}
		}
	}
	return made, unpowered
}
