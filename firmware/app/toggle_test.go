package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// runToggle runs a task that lives until it is told to end, and counts.
func runToggle(t *testing.T, play func(sw *toggle)) (lives, ends int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sw := newToggle()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = sw.Run(ctx, func(ctx context.Context) error {
				lives++
				<-ctx.Done()
				return nil
			}, func(error) { ends++ })
		}()
		play(sw)
		synctest.Wait()
		cancel()
		<-done
	})
	return lives, ends
}

func TestATurnOnStartsTheTaskOnceAndATurnOffEndsIt(t *testing.T) {
	lives, ends := runToggle(t, func(sw *toggle) {
		sw.TurnOn()
		synctest.Wait()
		sw.TurnOn() // already on
		synctest.Wait()
		sw.TurnOff()
		time.Sleep(time.Second)
	})
	if lives != 1 || ends != 1 {
		t.Errorf("%d lives and %d ends, want one of each", lives, ends)
	}
}

func TestATurnOffBeforeTheTaskBeganLeavesItUnborn(t *testing.T) {
	sw := newToggle()
	sw.TurnOn()
	sw.TurnOff()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_ = sw.Run(ctx, func(context.Context) error {
		t.Error("the task ran although it was turned off again")
		return nil
	}, func(error) {})
}

func TestAnOnRightAfterAnOffIsANewLife(t *testing.T) {
	lives, ends := runToggle(t, func(sw *toggle) {
		sw.TurnOn()
		synctest.Wait()
		sw.TurnOff()
		sw.TurnOn()
		synctest.Wait()
	})
	if lives != 2 || ends != 2 {
		t.Errorf("%d lives and %d ends, want 2 and 2", lives, ends)
	}
}
