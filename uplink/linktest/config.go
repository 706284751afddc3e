// Package linktest is an emulated line: two network namespaces whose packets
// pass through rates, queues, delay, loss and blackouts of our choosing.
package linktest

import (
	"errors"
	"fmt"
	"time"
)

// Config describes a line.
type Config struct {
	// Up carries packets from the near end (the box) to the far end (the
	// ingest), Down carries them back.
	Up, Down Direction
	// Seed makes losses repeatable: the n-th packet of a direction meets
	// the same fate in every run with the same seed.
	Seed uint64
	// OnTick, when set, hears every 100 ms what each direction did. It is
	// called from the goroutine that moves the packets and must not block.
	OnTick func(Tick)
}

// Direction describes one way of a line. At most one of Kbps, Schedule and
// Trace is given; none means a line without a rate limit.
type Direction struct {
	// Kbps is a constant rate of IP packets, in kbit/s.
	Kbps int
	// Schedule changes the rate over time, counted from the start of Run.
	Schedule []Step
	// Loop begins the schedule anew at the time of its last step, whose rate
	// then does not count.
	Loop bool
	// Trace replays delivery opportunities and loops at its end.
	Trace *Trace
	// Delay is the one-way delay after the packet has left the queue.
	Delay time.Duration
	// Queue bounds the drop-tail queue in time at the present rate (a
	// trace's mean rate). DefaultQueue when both bounds are zero.
	Queue time.Duration
	// QueueBytes bounds the queue in bytes instead.
	QueueBytes int
	// Loss takes packets off the air after they have used the line's time.
	Loss Loss
	// Blackouts are stretches in which nothing is served: packets wait in
	// the queue as they do behind a modem that lost its cell.
	Blackouts []Blackout
}

// DefaultQueue is the queue of RFC 8867's test cases.
const DefaultQueue = 300 * time.Millisecond

// Step is one entry of a schedule: from At on the line carries Kbps.
type Step struct {
	At   time.Duration
	Kbps int
}

// Blackout is a stretch without service, counted from the start of Run.
type Blackout struct {
	At, For time.Duration
}

// check tells what is wrong with a direction, in words.
func (d Direction) check() error {
	kinds := 0
	for _, given := range []bool{d.Kbps > 0, len(d.Schedule) > 0, d.Trace != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return errors.New("give one of a rate, a schedule and a trace")
	case d.Kbps < 0 || d.Delay < 0 || d.Queue < 0 || d.QueueBytes < 0:
		return errors.New("rate, delay and queue cannot be negative")
	case d.Trace != nil && len(d.Trace.stamps) == 0:
		return errors.New("the trace is empty")
	case d.Loop && len(d.Schedule) < 2:
		return errors.New("a loop needs a schedule of two entries or more; the last one says when it begins anew")
	}
	for i, step := range d.Schedule {
		if step.Kbps < 0 || i == 0 && step.At != 0 || i > 0 && step.At <= d.Schedule[i-1].At {
			return fmt.Errorf("schedule entry %d: times start at 0 and rise, rates are not negative", i+1)
		}
	}
	for _, b := range d.Blackouts {
		if b.At < 0 || b.For <= 0 {
			return errors.New("a blackout begins at 0 or later and lasts longer than 0")
		}
	}
	return d.Loss.check()
}

// bound is the queue's limit in bytes while the line carries kbps.
func (d Direction) bound(kbps int) int {
	if d.QueueBytes > 0 {
		return d.QueueBytes
	}
	queue := d.Queue
	if queue == 0 {
		queue = DefaultQueue
	}
	return int(float64(kbps) / 8 * float64(queue) / float64(time.Millisecond))
}
