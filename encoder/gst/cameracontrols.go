package gst

import (
	"encoding/json"
	"time"

	"golang.org/x/sys/unix"

	"studiobox/encoder/gst/internal/wire"
)

// cameraControls are a camera's wishes beside those of every encoder.
type cameraControls struct {
	*controls // its mutex guards these too
	tuning    Tuning
	skip      bool
	tuned     bool // not yet sent
	skipped   bool
}

// begin fills a new child's configuration. A child has no word for "skip" there,
// so that one is sent when it is ready.
func (c *cameraControls) begin(cfg wire.Config) wire.Config {
	cfg = c.start(cfg)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tuned, c.skipped = false, c.skip
	cfg.Camera.Tuning = onWire(c.tuning)
	return cfg
}

func (c *cameraControls) setSkip(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipped = c.skipped || c.skip != on
	c.skip = on
}

func (c *cameraControls) tune(t Tuning) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tuned = c.tuned || c.tuning != t || t.Hold // to hold is to measure again
	c.tuning = t
}

// send writes what has changed since the last call.
func (c *cameraControls) send(w *wire.Writer) error {
	if err := c.controls.send(w); err != nil {
		return err
	}
	c.mu.Lock()
	tuning, tuned, skip, skipped := c.tuning, c.tuned, c.skip, c.skipped
	c.tuned, c.skipped = false, false
	c.mu.Unlock()
	if skipped {
		h := wire.Header{Kind: wire.Skip}
		if skip {
			h.Value = 1
		}
		if err := w.Send(h, nil); err != nil {
			return err
		}
	}
	if !tuned {
		return nil
	}
	body, err := json.Marshal(onWire(tuning))
	if err != nil {
		return err
	}
	return w.Send(wire.Header{Kind: wire.Tune}, body)
}

func onWire(t Tuning) wire.Tuning {
	return wire.Tuning{
		ShutterUs: int(t.Shutter / time.Microsecond), Gain: t.Gain, Kelvin: t.Kelvin, EV: t.EV, Hold: t.Hold,
	}
}

// clock turns CLOCK_MONOTONIC, by which a child tells time, into times of Go,
// whose monotonic reading counts on the same clock.
type clock struct {
	epoch, zero time.Time // zero is when CLOCK_MONOTONIC was 0
}

// newClock reads both clocks as close to each other as it gets: whoever takes
// the processor away in between makes an error for good.
func newClock(epoch time.Time) clock {
	c := clock{epoch: epoch}
	closest := time.Hour
	for range 8 {
		var mono unix.Timespec
		before := time.Now()
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono) != nil {
			continue // no Linux lacks this clock
		}
		if took := time.Since(before); took < closest {
			closest = took
			c.zero = before.Add(took/2 - time.Duration(mono.Nano()))
		}
	}
	if c.epoch.IsZero() {
		c.epoch = time.Now()
	}
	return c
}

// at is the presentation time and the instant of a child's time.
func (c clock) at(mono time.Duration) (pts time.Duration, captured time.Time) {
	captured = c.zero.Add(mono)
	return captured.Sub(c.epoch), captured
}
