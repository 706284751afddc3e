package worker

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
)

const (
	// firstWithin is how long a camera may take to its first picture.
	firstWithin = 5 * time.Second
	// stallAfter is how long no picture may come from a camera that runs.
	stallAfter = 1500 * time.Millisecond
	// mostAge is the age of a first picture that is believed; another means
	// that the pipeline does not count on CLOCK_MONOTONIC.
	mostAge = 30 * time.Second
)

// capture is a running pipeline from a device to an appsink.
type capture struct {
	pipeline *native.Pipeline
	source   *native.Element // nil when it has no name
	sink     *native.Element
	first    *native.Sample
	// origin is what turns the pipeline's times into CLOCK_MONOTONIC.
	origin time.Duration
}

// openCamera starts the first way that gives a picture.
func openCamera(lib *native.Library, config wire.Camera) (*capture, error) {
	if err := followSignal(config); err != nil {
		return nil, explain(config, err)
	}
	var failure error
	for _, w := range ways(config) {
		c, err := open(lib, w, pictureTail)
		if err == nil {
			c.source, err = c.pipeline.Element("camera")
			return c, err
		}
		if failure == nil {
			failure = err
		}
		if errors.Is(err, errNothing) {
			failure = err
			break // the device agreed to this way; it would to the next
		}
	}
	if failure == nil {
		return nil, fmt.Errorf("the worker has no camera called %q", config.Kind)
	}
	return nil, explain(config, failure)
}

// explain names the camera in its failure, and the mend where it is known.
func explain(c wire.Camera, err error) error {
	silent := errors.Is(err, errNothing) || errors.Is(err, errStalled)
	switch {
	case silent && c.Kind == wire.HDMI:
		return fmt.Errorf("%s: %w: check the HDMI cable, and that its source is on", name(c), err)
	case silent:
		return fmt.Errorf("%s: %w: check its cable", name(c), err)
	}
	return fmt.Errorf("%s: %w", name(c), err)
}

func name(c wire.Camera) string { return c.Kind + ":" + c.Device }

var (
	errNothing = errors.New("gives nothing")
	errStalled = errors.New("stopped giving anything")
)

// open starts a pipeline and waits for what comes out first.
func open(lib *native.Library, w way, tail string) (*capture, error) {
	if err := lib.Need(w.elements...); err != nil {
		return nil, err
	}
	p, err := lib.Launch(w.chain + tail)
	if err != nil {
		return nil, err
	}
	c := &capture{pipeline: p}
	if c.sink, err = p.Element("sink"); err == nil {
		if err = p.Play(); err == nil {
			err = c.begin()
		}
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *capture) begin() error {
	for until := time.Now().Add(firstWithin); c.first == nil; {
		if err := c.pipeline.Err(); err != nil {
			return err
		}
		if time.Now().After(until) {
			return errNothing
		}
		c.first = c.sink.Pull(pullEvery)
	}
	c.origin = origin(monotonic(), c.pipeline.BaseTime(), c.first.PTS())
	return nil
}

// origin is the base time, if it makes a first picture of a likely age;
// otherwise the picture counts as just taken.
func origin(now, base, first time.Duration) time.Duration {
	if age := now - (base + first); age >= -pullEvery && age <= mostAge {
		return base
	}
	return now - first
}

// pump gives every sample to each, which must free it, until something fails.
func (c *capture) pump(each func(*native.Sample) error) error {
	first := c.first
	c.first = nil
	if err := each(first); err != nil {
		return err
	}
	last := time.Now()
	for {
		if sample := c.sink.Pull(pullEvery); sample != nil {
			last = time.Now()
			if err := each(sample); err != nil {
				return err
			}
			continue
		}
		if err := c.pipeline.Err(); err != nil {
			return err
		}
		if time.Since(last) > stallAfter {
			return errStalled
		}
		time.Sleep(time.Millisecond) // a pipeline at its end does not wait
	}
}

// close frees all of it; nobody may be in pump.
func (c *capture) close() {
	if c.first != nil {
		c.first.Free()
		c.first = nil
	}
	for _, e := range []*native.Element{c.source, c.sink} {
		if e != nil {
			e.Free()
		}
	}
	c.pipeline.Close()
}

// monotonic reads CLOCK_MONOTONIC, which the box reads too.
func monotonic() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return 0 // no Linux lacks this clock
	}
	return time.Duration(now.Nano())
}
