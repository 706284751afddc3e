package app

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/firmware/run"
)

func TestAPartThatDoesNotAnswerIsNamedUntilItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var plugged atomic.Bool
		s := &studio{log: slog.New(slog.DiscardHandler)}
		s.parts.others = []run.Part{
			{Name: "display", Run: func(ctx context.Context) error {
				if !plugged.Load() {
					return errors.New("no answer")
				}
				<-ctx.Done()
				return nil
			}},
			{Name: "buzzer", Run: func(ctx context.Context) error { <-ctx.Done(); return nil }},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		for range 20 { // every look of a minute finds it, though it is tried again and again
			time.Sleep(3 * time.Second)
			if got := s.failing.names(); got != "display" {
				t.Fatalf("failing: %q", got)
			}
		}
		plugged.Store(true)
		time.Sleep(mendedAfter + 2*time.Second)
		if got := s.failing.names(); got != "" {
			t.Errorf("failing after it is back: %q", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
