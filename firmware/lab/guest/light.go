package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// shone: a look on the page is a fade on the lamp; the line is refreshed, and
// after the program's end, however it came, the lamp holds.
func shone(ctx context.Context, s *studio) (string, error) {
	b, err := s.start(ctx)
	if err != nil {
		return "", err
	}
	defer b.end()
	visitor, err := s.visit(ctx)
	if err == nil {
		err = silent(ctx)
	}
	if err != nil {
		return "", b.fail(err)
	}
	made, err := traceBreaks()
	if err != nil {
		return "", b.fail(err)
	}
	before, err := facts[dimmed]("/dimmer")
	if err != nil {
		return "", b.fail(err)
	}
	fade, err := visitor.fades(ctx)
	if err != nil {
		return "", b.fail(err)
	}
	refresh, err := refreshed(ctx)
	if err != nil {
		return "", b.fail(err)
	}
	if _, err := b.signal(syscall.SIGKILL); err != nil {
		return "", b.fail(err)
	}
	if err := b.gone(ctx); err != nil {
		return "", err
	}
	if err := holds(ctx, brightLook); err != nil {
		return "", fmt.Errorf("after SIGKILL: %w", err)
	}
	broken, err := made.before(before.Ever)
	if err != nil {
		return "", err
	}
	again, err := s.shinesAgain(ctx)
	if err != nil {
		return "", err
	}
	return fade + "; " + refresh + broken + "; held after SIGKILL and after SIGTERM, and by a box that starts; " + again, nil
}

// fades sets two looks and judges the way from one to the other.
func (p *page) fades(ctx context.Context) (string, error) {
	if _, err := p.sets(ctx, "dim", dimLook); err != nil {
		return "", err
	}
	if _, err := facts[dimmed]("/dimmer?clear"); err != nil {
		return "", err
	}
	d, err := p.sets(ctx, "bright", brightLook)
	if err != nil {
		return "", err
	}
	return d.fade()
}

// sets sets a look on the page and waits until the lamp shows it.
func (p *page) sets(ctx context.Context, look string, lightness float64) (d dimmed, err error) {
	if err := p.post(ctx, "/api/look", fmt.Sprintf(`{"name":%q}`, look)); err != nil {
		return d, err
	}
	soon, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if d, err = facts[dimmed]("/dimmer"); err != nil || d.shows(lightness) {
			return d, err
		}
		if sleep(soon, 100*time.Millisecond) != nil {
			return d, fmt.Errorf("the look %s is level %d of the lamp, and after %d frames it is at %d %s",
				look, levelOf(lightness), d.Frames, d.Level, d.Wrong)
		}
	}
}

// refreshed judges the line while the look stands.
func refreshed(ctx context.Context) (string, error) {
	settings, err := lineSettings()
	if err != nil {
		return "", err
	}
	if settings != dmxSettings {
		return "", fmt.Errorf("the kernel drives the line with %s, want %s", settings, dmxSettings)
	}
	if _, err := facts[dimmed]("/dimmer?clear"); err != nil {
		return "", err
	}
	if err := sleep(ctx, watched); err != nil {
		return "", err
	}
	d, err := facts[dimmed]("/dimmer")
	if err != nil {
		return "", err
	}
	hertz := float64(d.Frames-1) / d.Last.Sub(d.First).Seconds()
	switch {
	case d.Wrong != "":
		return "", fmt.Errorf("the line carries what nobody asked for: %s", d.Wrong)
	case len(d.Changes) != 1:
		return "", fmt.Errorf("the look stands, and the lamp changed %d times", len(d.Changes)-1)
	case !(hertz >= leastHz && hertz <= mostHz):
		return "", fmt.Errorf("%d frames in %v, want %d to %d a second", d.Frames, watched, leastHz, mostHz)
	}
	return fmt.Sprintf("%s, %.1f frames/s, at most %v apart", settings, hertz, round(d.Longest)), nil
}

// before fails when the frames after the first ever ones had not each a break
// before it. The program may have been killed between the two.
func (b *breaks) before(ever int) (string, error) {
	d, err := facts[dimmed]("/dimmer")
	if err != nil {
		return "", err
	}
	n, shortest, err := b.count()
	frames := d.Ever - ever
	switch {
	case err != nil:
		return "", err
	case n < frames || n > frames+1:
		return "", fmt.Errorf("%d frames and %d breaks", frames, n)
	case shortest < shortBreak:
		return "", fmt.Errorf("a break of %v, want %v or more", shortest, shortBreak)
	}
	return fmt.Sprintf(", %d frames with a break of %v or more before each", frames, shortest.Round(10*time.Microsecond)), nil
}

// silent fails when a box that nobody has asked for light sends any.
func silent(ctx context.Context) error {
	if _, err := facts[dimmed]("/dimmer?clear"); err != nil {
		return err
	}
	if err := sleep(ctx, watched); err != nil {
		return err
	}
	d, err := facts[dimmed]("/dimmer")
	if err == nil && d.Frames+d.Loose > 0 {
		err = fmt.Errorf("%d frames before a look was set: fixtures do not hold theirs", d.Frames)
	}
	return err
}

// holds fails when a line without a program is not silent, or its last frame was
// not that of the look.
func holds(ctx context.Context, lightness float64) error {
	if err := sleep(ctx, time.Second); err != nil { // what is in the port's buffer
		return err
	}
	before, err := facts[dimmed]("/dimmer")
	if err != nil {
		return err
	}
	if err := sleep(ctx, time.Second); err != nil {
		return err
	}
	d, err := facts[dimmed]("/dimmer")
	switch {
	case err != nil:
		return err
	case d.Frames != before.Frames:
		return errors.New("frames go on without a program")
	case !d.shows(lightness):
		return fmt.Errorf("the last frame had level %d, the look is %d", d.Level, levelOf(lightness))
	}
	return nil
}

// shinesAgain starts a box anew, sets a look and ends it in good order.
func (s *studio) shinesAgain(ctx context.Context) (string, error) {
	b, err := s.start(ctx)
	if err != nil {
		return "", err
	}
	defer b.end()
	visitor, err := s.visit(ctx)
	if err == nil {
		err = silent(ctx)
	}
	var d dimmed
	if err == nil {
		d, err = visitor.sets(ctx, "dim", dimLook)
	}
	if err == nil {
		_, err = b.signal(syscall.SIGTERM)
	}
	if err != nil {
		return "", b.fail(fmt.Errorf("after a restart: %w", err))
	}
	if err := b.gone(ctx); err != nil {
		return "", b.fail(fmt.Errorf("after SIGTERM: %w", err))
	}
	if err := holds(ctx, dimLook); err != nil {
		return "", fmt.Errorf("after SIGTERM: %w", err)
	}
	end, err := facts[dimmed]("/dimmer")
	if err == nil && end.Loose > 0 {
		err = fmt.Errorf("SIGTERM cut a frame after %d bytes", end.Loose)
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("the first look after a restart begins at %.1f %%", percent(d.Changes[0].Level)), nil
}
