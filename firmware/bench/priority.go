package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

const (
	schedIdle     = 5   // SCHED_IDLE of sched(7): behind every ordinary thread
	punctualNice  = -10 // the camera stands for hardware and goes before the box
	courteousNice = 19
)

// idly runs fn on a thread that gets only what others leave; children that fn
// starts inherit that. The thread ends with fn.
func idly(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		// Where it is refused fn is only less courteous.
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: schedIdle, Nice: courteousNice}, 0)
		done <- fn()
	}()
	return <-done
}

// punctual makes children that are started within go before others. within
// must run its function on a thread that ends with it, as linktest's hosts do.
func punctual(within func(func() error) error) func(func() error) error {
	return func(fn func() error) error {
		return within(func() error {
			_ = unix.Setpriority(unix.PRIO_PROCESS, 0, punctualNice) // of this thread; lateness is recorded anyway
			return fn()
		})
	}
}
