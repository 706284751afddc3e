package board

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// jitterPeriod is how often the thread means to wake: the step rate of a table
// at showing speed.
const jitterPeriod = time.Millisecond

// Jitter is how late a thread wakes that means to wake once a millisecond.
type Jitter struct {
	Samples       int
	Missed        int // periods that passed without waking
	P50, P99, Max time.Duration
	// Realtime: the kernel granted the real-time priority; else Refused says
	// why not, and how to mend it.
	Realtime bool
	Refused  string
}

// String is one line for people.
func (j Jitter) String() string {
	priority := "real-time priority granted"
	if !j.Realtime {
		priority = "no real-time priority: " + j.Refused
	}
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	return fmt.Sprintf("%d wakes at 1 kHz, late by p50 %.1f µs, p99 %.1f µs, max %.1f µs; %d missed; %s",
		j.Samples, us(j.P50), us(j.P99), us(j.Max), j.Missed, priority)
}

// MeasureJitter wakes a thread of its own, in SCHED_FIFO where that is allowed,
// once a millisecond for a time from 2 ms on. It returns early with what it has
// when ctx ends, and an error when it has nothing.
func MeasureJitter(ctx context.Context, length time.Duration) (Jitter, error) {
	result := make(chan Jitter)
	go func() {
		// The thread goes back without its priority. Without Unlock it would end
		// with the goroutine, and on arm64 take a program without cgo that loads
		// libraries along: the lab's story jitter sees that.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer ordinary()
		refused := realtime()
		late, missed := wakes(ctx, monotonic{}, length)
		j := summary(late, missed)
		j.Realtime, j.Refused = refused == "", refused
		result <- j
	}()
	if j := <-result; j.Samples > 0 {
		return j, nil
	}
	return Jitter{}, errors.New("jitter: the time was too short to wake once: measure for a second or more")
}

// priority is below the kernel's own interrupt threads, which run at 50.
const priority = 40

// realtime asks for SCHED_FIFO for this thread and returns why not.
func realtime() string {
	err := unix.SchedSetAttr(0, &unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: priority,
	}, 0)
	if errors.Is(err, unix.EPERM) {
		return "run as root, or set LimitRTPRIO=40 in the unit"
	} else if err != nil {
		return err.Error()
	}
	return ""
}

// ordinary gives the priority back, which is never refused.
func ordinary() {
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0)
}

// sleeper is a clock that can be slept on; times count from any fixed moment.
type sleeper interface {
	Now() time.Duration
	SleepUntil(at time.Duration)
}

// wakes returns by how much each wake was late. A wake that comes after the
// next one was due skips it, as a late pulse does.
func wakes(ctx context.Context, clock sleeper, length time.Duration) (late []time.Duration, missed int) {
	late = make([]time.Duration, 0, length/jitterPeriod+1)
	due := clock.Now()
	end := due + length
	for due += jitterPeriod; due < end && ctx.Err() == nil; due += jitterPeriod {
		clock.SleepUntil(due)
		by := clock.Now() - due
		late = append(late, by)
		if skip := by / jitterPeriod; skip > 0 {
			missed += int(skip)
			due += skip * jitterPeriod
		}
	}
	return late, missed
}

// summary takes percentiles by the nearest rank.
func summary(late []time.Duration, missed int) Jitter {
	if len(late) == 0 {
		return Jitter{}
	}
	slices.Sort(late)
	rank := func(percent int) time.Duration { return late[(len(late)*percent+99)/100-1] }
	return Jitter{Samples: len(late), Missed: missed, P50: rank(50), P99: rank(99), Max: late[len(late)-1]}
}

// monotonic is the kernel's clock of that name.
type monotonic struct{}

func (monotonic) Now() time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // every Linux has it
	return time.Duration(now.Nano())
}

func (monotonic) SleepUntil(at time.Duration) {
	until := unix.NsecToTimespec(int64(at))
	for errors.Is(unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &until, nil), unix.EINTR) {
	}
}
