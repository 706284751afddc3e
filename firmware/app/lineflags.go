package app

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"studiobox/uplink/linktest"
)

// ways is a setting of both directions of a line. As text it is one value for
// both, or UP/DOWN.
type ways[T any] struct{ up, down T }

func parseWays[T any](text []byte, parse func(string) (T, error)) (w ways[T], err error) {
	up, down, two := strings.Cut(string(text), "/")
	if !two {
		down = up
	}
	if w.up, err = parse(up); err != nil {
		return w, err
	}
	w.down, err = parse(down)
	return w, err
}

// delays are one-way delays, "40ms" or "40ms/20ms".
type delays struct{ ways[time.Duration] }

// UnmarshalText reads a flag.
func (d *delays) UnmarshalText(text []byte) (err error) {
	d.ways, err = parseWays(text, func(one string) (time.Duration, error) {
		delay, err := time.ParseDuration(one)
		if err != nil || delay < 0 || delay > time.Minute {
			return 0, fmt.Errorf("%q is no delay; write for example 40ms, at most 1m", one)
		}
		return delay, nil
	})
	return err
}

// queue bounds a queue in time or in bytes.
type queue struct {
	lasting time.Duration
	bytes   int
}

// queues are the queues of both directions, "300ms" or "64kB/1s".
type queues struct{ ways[queue] }

// UnmarshalText reads a flag.
func (q *queues) UnmarshalText(text []byte) (err error) {
	q.ways, err = parseWays(text, parseQueue)
	return err
}

func parseQueue(text string) (queue, error) {
	if number, ok := strings.CutSuffix(text, "kB"); ok {
		if kB, err := strconv.Atoi(number); err == nil && kB > 0 && kB <= 1_000_000 {
			return queue{bytes: kB * 1000}, nil
		}
	} else if lasting, err := time.ParseDuration(text); err == nil && lasting > 0 && lasting <= time.Minute {
		return queue{lasting: lasting}, nil
	}
	return queue{}, fmt.Errorf("%q is no queue; write for example 300ms (at the line's rate) or 64kB", text)
}

// shares are fractions of the packets of both directions, "2%" or "2%/0%".
type shares struct{ ways[float64] }

// UnmarshalText reads a flag.
func (s *shares) UnmarshalText(text []byte) (err error) {
	s.ways, err = parseWays(text, func(one string) (float64, error) {
		number, ok := strings.CutSuffix(one, "%")
		percent, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || !(percent >= 0 && percent <= 100) {
			return 0, fmt.Errorf("%q is no share of packets; write for example 2%%", one)
		}
		return percent / 100, nil
	})
	return err
}

// blackout is a stretch without service, "20s+5s".
type blackout linktest.Blackout

// UnmarshalText reads a flag.
func (b *blackout) UnmarshalText(text []byte) error {
	at, lasting, ok := strings.Cut(string(text), "+")
	var errAt, errFor error
	b.At, errAt = time.ParseDuration(at)
	b.For, errFor = time.ParseDuration(lasting)
	if !ok || errors.Join(errAt, errFor) != nil || b.At < 0 || b.For <= 0 {
		return fmt.Errorf("%q is no blackout; write for example 20s+5s for one that begins after 20 s and lasts 5 s", text)
	}
	return nil
}
