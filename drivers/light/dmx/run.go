package dmx

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// Times of the line: ANSI E1.11-2008 (DMX512-A), table 6.
const (
	// lineBreak is above the 92 µs that a sender owes, at the typical 176 µs.
	lineBreak = 176 * time.Microsecond
	// mark after break, at least 12 µs.
	mark = 20 * time.Microsecond
	// slot is a start bit, eight data bits and two stop bits at 250 kBd.
	slot = 44 * time.Microsecond
	// period is the time between two frames: 44 Hz, which is the most that the
	// standard has for a frame of 512 slots. One of more than 450 takes longer
	// with its guard, down to 40 Hz.
	period = time.Second/44 + 1
	// guard is how long the adapter's buffers may lag behind: a break in the
	// middle of the last frame would cut it.
	guard = 2 * time.Millisecond
	// gather is how long after the first slot the others may get their levels.
	// Until then fixtures hold their last look; a frame would carry zeros.
	gather = time.Second
)

// Run opens the port and sends the levels over and over until ctx ends, which
// is no error; it lets the last frame come to its end. It returns early when
// the port fails. The levels are kept: called again it goes on with them.
func (u *Universe) Run(ctx context.Context) error {
	port, err := u.cfg.Open()
	if err != nil {
		return fmt.Errorf("dmx on %s: opening it: %w; check that the adapter is plugged in", u.cfg.Name, err)
	}
	err = u.stream(ctx, port)
	if closing := port.Close(); err == nil && closing != nil {
		err = fmt.Errorf("dmx on %s: closing it: %w", u.cfg.Name, closing)
	}
	return err
}

func (u *Universe) stream(ctx context.Context, port Port) error {
	for ctx.Err() == nil {
		begin := time.Now()
		next := begin.Add(period)
		if frame := u.snapshot(begin); frame != nil {
			onWire, err := u.send(port, frame)
			if err != nil {
				return err
			}
			if onWire.After(next) {
				next = onWire
			}
		}
		// At most some 25 ms, and not cut short when ctx ends: closing the port
		// in the middle of a frame would leave half of it to the fixtures.
		time.Sleep(time.Until(next))
	}
	return nil
}

// snapshot returns the frame to send now; nil while levels are still coming in.
func (u *Universe) snapshot(now time.Time) []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	unknown := slices.ContainsFunc(u.given, func(s *Slot) bool { return !s.known })
	if u.began.IsZero() || (unknown && now.Sub(u.began) < gather) {
		return nil
	}
	return slices.Clone(u.frame[:1+u.last])
}

// send sends break, mark, start code and slots, and returns when all of it has
// surely left the adapter.
func (u *Universe) send(port Port, frame []byte) (time.Time, error) {
	if err := port.Break(lineBreak); err != nil {
		return time.Time{}, u.lost("break", err)
	}
	time.Sleep(mark)
	begin := time.Now()
	n, err := port.Write(frame)
	if err == nil && n < len(frame) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return time.Time{}, u.lost(fmt.Sprintf("%d of %d bytes of a frame", n, len(frame)), err)
	}
	u.mu.Lock()
	u.sent++
	u.mu.Unlock()
	return begin.Add(time.Duration(len(frame))*slot + guard), nil
}

func (u *Universe) lost(what string, err error) error {
	return fmt.Errorf("dmx on %s: %s: %w; check that the adapter is plugged in", u.cfg.Name, what, err)
}
