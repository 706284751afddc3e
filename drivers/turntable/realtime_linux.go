package turntable

import (
	"time"

	"golang.org/x/sys/unix"
)

// realtimePriority is above ordinary threads and below the kernel's own
// interrupt threads, which have 50.
const realtimePriority = 40

// becomeRealtime gives the calling thread real-time priority where the system
// allows it (CAP_SYS_NICE, or LimitRTPRIO= in the unit). The thread sleeps
// between steps, so it cannot hog a processor.
func becomeRealtime() bool {
	attr := unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: realtimePriority,
		Flags: unix.SCHED_FLAG_RESET_ON_FORK,
	}
	return unix.SchedSetAttr(0, &attr, 0) == nil
}

// becomeOrdinary gives the priority back, which is never refused.
func becomeOrdinary() {
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0)
}

// nanosleep sleeps in the kernel: a timer of the runtime wakes another thread
// first, which has no real-time priority.
func nanosleep(d time.Duration) {
	if d <= 0 {
		return
	}
	left := unix.NsecToTimespec(d.Nanoseconds())
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &left, &left) == unix.EINTR {
	}
}
