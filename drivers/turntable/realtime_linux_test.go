package turntable

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAThreadThatSaysItIsRealtimeIsRealtimeUntilItGivesThatBack(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		said := becomeRealtime()
		attr, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Error(err)
			return
		}
		if is := attr.Policy == unix.SCHED_FIFO; is != said {
			t.Errorf("said %t, policy %d, priority %d", said, attr.Policy, attr.Priority)
		}
		becomeOrdinary()
		if attr, err = unix.SchedGetAttr(0, 0); err != nil || attr.Policy != unix.SCHED_NORMAL {
			t.Errorf("after giving it back: policy %d, %v", attr.Policy, err)
		}
	}()
	<-done
}

func TestASleepInTheKernelIsNotTooShort(t *testing.T) {
	begin := time.Now()
	nanosleep(3 * ms)
	nanosleep(-1)
	if took := time.Since(begin); took < 3*ms {
		t.Errorf("slept for %s, want 3 ms", took)
	}
}
