package run

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// until is a part that runs until it is told to stop and then needs a while.
func until(name string, needs time.Duration, stopped *bool) Part {
	return Part{name, func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(needs)
		*stopped = true
		return ctx.Err()
	}}
}

func TestTheFirstErrorEndsAllAndNamesItsPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped bool
		err := Together(t.Context(), time.Second,
			until("camera", time.Millisecond, &stopped),
			Part{"panel", func(context.Context) error { time.Sleep(time.Minute); return errBroken }})
		if !errors.Is(err, errBroken) || err.Error() != "panel: broken" {
			t.Errorf("error is %v", err)
		}
		if !stopped {
			t.Error("returned before every part had ended")
		}
	})
}

func TestAPanicEndsTheOthersInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped bool
		err := Together(t.Context(), time.Second,
			until("turntable", time.Millisecond, &stopped),
			Part{"encoder", func(context.Context) error { panic("index out of range") }})
		caught, ok := errors.AsType[*PanicError](err)
		if !ok || err.Error() != "encoder: panic: index out of range" {
			t.Fatalf("error is %v", err)
		}
		if !strings.Contains(string(caught.Stack), "together_test.go") {
			t.Errorf("stack does not lead to the culprit: %s", caught.Stack)
		}
		if !stopped {
			t.Error("the other part was not ended")
		}
	})
}

func TestAnEndThatWasAskedForIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var a, b bool
		if err := Together(ctx, time.Second, until("a", 0, &a), until("b", time.Millisecond, &b)); err != nil {
			t.Errorf("error is %v", err)
		}
		if !a || !b {
			t.Error("returned before every part had ended")
		}
	})
}

func TestAnErrorWhileStoppingIsStillTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := Together(ctx, time.Second, Part{"motor", func(ctx context.Context) error { <-ctx.Done(); return errBroken }})
		if !errors.Is(err, errBroken) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestAPartThatReturnsNilEndsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		begun := time.Now()
		var stopped bool
		err := Together(ctx, time.Second,
			Part{"once", func(context.Context) error { return nil }}, until("camera", 0, &stopped))
		if err != nil || time.Since(begun) != time.Hour {
			t.Errorf("ended with %v after %v", err, time.Since(begun))
		}
	})
}

func TestAPartThatDoesNotStopIsNamedAndLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var stopped bool
		begun := time.Now()
		err := Together(t.Context(), 2*time.Second,
			Part{"modem", func(context.Context) error { <-release; return nil }},
			until("camera", time.Second, &stopped),
			Part{"panel", func(context.Context) error { return errBroken }})
		if !errors.Is(err, ErrStuck) || !errors.Is(err, errBroken) || err.Error() != "panel: broken; modem: did not stop in time (2s)" {
			t.Errorf("error is %v", err)
		}
		if !stopped {
			t.Error("the part that does stop was not waited for")
		}
		if time.Since(begun) != 2*time.Second {
			t.Errorf("returned after %v", time.Since(begun))
		}
		close(release)
	})
}
