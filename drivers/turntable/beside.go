package turntable

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// beside is the goroutines of one Run. A panic in one of them becomes a panic of
// Run itself, in wait: a caller that recovers can end everything else in order,
// where a panic of a bare goroutine kills the process with the motor running.
type beside struct {
	end     func() // tells Run and the others to end; called after a panic
	running sync.WaitGroup
	crash   atomic.Pointer[crash] // the first panic
}

// crash is a panic with the stack of the goroutine that it happened in.
type crash struct {
	value any
	stack []byte
}

// Error is what was panicked with.
func (c *crash) Error() string { return fmt.Sprint(c.value) }

// Stack leads to the culprit; firmware/run asks for it.
func (c *crash) Stack() []byte { return c.stack }

// run starts a part.
func (b *beside) run(part func()) {
	b.running.Go(func() {
		defer func() {
			if value := recover(); value != nil {
				b.crash.CompareAndSwap(nil, &crash{value, debug.Stack()})
				b.end()
			}
		}()
		part()
	})
}

// crashed tells whether a part has panicked.
func (b *beside) crashed() bool { return b.crash.Load() != nil }

// wait waits for all parts, and panics when one of them has.
func (b *beside) wait() {
	b.running.Wait()
	if crash := b.crash.Load(); crash != nil {
		panic(crash)
	}
}
