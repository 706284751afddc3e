package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// Part is one of several tasks that live and die together.
type Part struct {
	Name string
	Run  func(context.Context) error
}

// PanicError is a panic of a part, caught so that the others can end in order
// (motor off, lamp out) before the process does. Only the part's own goroutine can
// be caught: one that it starts must hand its panic on, with a method Stack() []byte
// where its stack is to be kept.
type PanicError struct {
	Value any
	Stack []byte
}

// Error is one line; the Stack is for the log.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// ErrStuck is in the error of Together when a part did not stop in time.
var ErrStuck = errors.New("did not stop in time")

// result is the end of the part with this index.
type result struct {
	index int
	err   error
}

// Together runs all parts at once and blocks until every one has returned. The
// first error or panic ends the others, and so does the end of ctx; a part that
// returns nil ends nobody. The first error is returned with the part's name; an
// end that ctx asked for is no error.
//
// Once the end has begun, the parts have the time stop to return. Those that do
// not are left behind and named in an error that is ErrStuck, since a process
// that hangs at exit helps nobody: the caller is expected to leave it.
func Together(ctx context.Context, stop time.Duration, parts ...Part) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()

	results := make(chan result, len(parts)) // room for all: a late part must not block for ever
	for i, part := range parts {
		go func() { results <- result{i, guarded(inner, part)} }()
	}

	running := make([]bool, len(parts))
	for i := range running {
		running[i] = true
	}
	var first error
	var deadline <-chan time.Time
	ended := inner.Done()
	for left := len(parts); left > 0; {
		select {
		case r := <-results:
			left--
			running[r.index] = false
			if r.err != nil && first == nil && !asked(inner, r.err) {
				first = fmt.Errorf("%s: %w", parts[r.index].Name, r.err)
				cancel()
			}
		case <-ended:
			ended = nil
			timer := time.NewTimer(stop)
			defer timer.Stop()
			deadline = timer.C
		case <-deadline:
			return late(first, names(parts, running), stop)
		}
	}
	return first
}

// asked tells whether a part returned this error because it was told to stop.
func asked(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// late is the error, in one line, of an end that some parts did not take part in.
func late(first error, stuck string, stop time.Duration) error {
	if first == nil {
		return fmt.Errorf("%s: %w (%v)", stuck, ErrStuck, stop)
	}
	return fmt.Errorf("%w; %s: %w (%v)", first, stuck, ErrStuck, stop)
}

// guarded runs a part and makes an error of its panic.
func guarded(ctx context.Context, part Part) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, Stack: stackOf(value)}
		}
	}()
	return part.Run(ctx)
}

// passedOn is a panic of a goroutine that a part had started, raised again in the
// part's own.
type passedOn interface{ Stack() []byte }

// stackOf leads to the culprit; it is called while the panic is recovered.
func stackOf(value any) []byte {
	if from, is := value.(passedOn); is {
		return from.Stack()
	}
	return debug.Stack()
}

func names(parts []Part, running []bool) string {
	var stuck []string
	for i, part := range parts {
		if running[i] {
			stuck = append(stuck, part.Name)
		}
	}
	return strings.Join(stuck, ", ")
}
