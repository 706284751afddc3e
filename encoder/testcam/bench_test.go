package testcam

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkFrame gives the processor time of one frame and its part of what
// one core has between two frames at 25 per second. It counts the thread's own
// time, so that a busy machine does not spoil it.
func BenchmarkFrame(b *testing.B) {
	const budget = time.Second / 25
	for _, size := range sizes {
		w, h := size[0], size[1]
		b.Run(fmt.Sprintf("%dx%d", w, h), func(b *testing.B) {
			r := newTestRenderer(b, w, h)
			frame := make([]byte, SizeI420(w, h))
			scene := Scene{Light: 1}
			b.ReportAllocs()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			before := threadTime(b)
			for b.Loop() {
				scene.Angle += 1.7
				scene.Frame++
				must(b, r.Render(frame, scene))
			}
			each := (threadTime(b) - before) / time.Duration(b.N)
			b.ReportMetric(float64(each.Microseconds())/1000, "cpu-ms/frame")
			b.ReportMetric(100*float64(each)/float64(budget), "%budget")
		})
	}
}

// threadTime is the processor time of this thread so far.
func threadTime(b *testing.B) time.Duration {
	const thisThread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	must(b, syscall.Getrusage(thisThread, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
