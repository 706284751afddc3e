package run

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errBroken = errors.New("broken")

func TestALimitDoublesFromTheFirstToTheMax(t *testing.T) {
	b := Backoff{First: 250 * time.Millisecond, Max: 3 * time.Second}
	want := []time.Duration{250, 500, 1000, 2000, 3000, 3000}
	for i, ms := range want {
		if got := b.Limit(i + 1); got != ms*time.Millisecond {
			t.Errorf("limit after %d failures is %v, want %v", i+1, got, ms*time.Millisecond)
		}
	}
	if got := b.Limit(1_000_000); got != 3*time.Second {
		t.Errorf("limit after very many failures is %v, want the max", got)
	}
}

func TestZeroBackoffFieldsMeanTheDefaults(t *testing.T) {
	if got := (Backoff{}).Limit(1); got != DefaultFirst {
		t.Errorf("first limit %v, want %v", got, DefaultFirst)
	}
	if got := (Backoff{}).Limit(99); got != DefaultMax {
		t.Errorf("last limit %v, want %v", got, DefaultMax)
	}
	if got := (Backoff{First: time.Minute, Max: time.Second}).Limit(5); got != time.Minute {
		t.Errorf("limit %v, want the first wait when the max lies below it", got)
	}
}

// waits runs a keeper on virtual time over a task that lives for life[i] and
// fails, and returns how long it waited after each life.
func waits(t *testing.T, b Backoff, lives []time.Duration) []time.Duration {
	t.Helper()
	var waited []time.Duration
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := &Keeper{Name: "task", Backoff: b}
		var died time.Time
		round := 0
		err := k.Run(ctx, func(context.Context) error {
			if round > 0 {
				waited = append(waited, time.Since(died))
			}
			if round == len(lives) {
				cancel()
				return nil
			}
			time.Sleep(lives[round])
			round++
			died = time.Now()
			return errBroken
		})
		if err != nil {
			t.Errorf("run ended with %v", err)
		}
		if k.Restarts() != len(lives) {
			t.Errorf("%d restarts counted, want %d", k.Restarts(), len(lives))
		}
	})
	return waited
}

func TestWaitsAreJitteredBelowTheLimit(t *testing.T) {
	b := Backoff{First: 250 * time.Millisecond, Max: 4 * time.Second}
	const tries = 200
	var sum [6]time.Duration
	for range tries {
		for i, wait := range waits(t, b, make([]time.Duration, len(sum))) {
			if limit := b.Limit(i + 1); wait > limit {
				t.Fatalf("wait %d is %v, above its limit %v", i+1, wait, limit)
			}
			sum[i] += wait
		}
	}
	for i, total := range sum { // the mean of an even draw is half its limit; 5 sigma is 10 %
		mean, want := total/tries, b.Limit(i+1)/2
		if mean < want*8/10 || mean > want*12/10 {
			t.Errorf("mean of wait %d is %v, want about %v", i+1, mean, want)
		}
	}
}

func TestATaskThatLivedForAWhileStartsAgainFromTheFirstWait(t *testing.T) {
	b := Backoff{First: time.Millisecond, Max: time.Hour, Settle: 5 * time.Second}
	lives := make([]time.Duration, 20)
	lives[19] = 6 * time.Second
	if wait := waits(t, b, lives)[19]; wait > time.Millisecond {
		t.Errorf("waited %v after a long life, want at most 1ms", wait)
	}
}

func TestNowCutsThePresentWaitShortAndForgetsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := &Keeper{Name: "camera", Backoff: Backoff{First: 1000 * time.Hour, Max: 1000 * time.Hour}}
		started := 0
		done := make(chan error)
		go func() {
			done <- k.Run(ctx, func(context.Context) error { started++; return errBroken })
		}()
		for round := range 5 {
			synctest.Wait()
			if started != round+1 {
				t.Fatalf("task started %d times, want %d", started, round+1)
			}
			before := time.Now()
			k.Now()
			k.Now() // twice is once
			synctest.Wait()
			if time.Since(before) != 0 {
				t.Fatalf("Now took %v", time.Since(before))
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run ended with %v", err)
		}
	})
}

func TestAfterNowTheNextWaitIsAFirstOneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := &Keeper{Name: "camera", Backoff: Backoff{First: time.Second, Max: 10_000 * time.Hour}}
		done := make(chan error)
		go func() { done <- k.Run(ctx, func(context.Context) error { return errBroken }) }()
		for range 20 {
			synctest.Wait()
			k.Now()
		}
		synctest.Wait()
		before := k.Restarts()
		time.Sleep(time.Second)
		synctest.Wait()
		if k.Restarts() == before {
			t.Error("waits longer than a second although Now was called before")
		}
		cancel()
		<-done
	})
}

func TestNowDuringALifeDoesNotShortenTheNextWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := &Keeper{Name: "camera", Backoff: Backoff{First: 1000 * time.Hour}}
		started := 0
		done := make(chan error)
		go func() {
			done <- k.Run(ctx, func(context.Context) error { started++; k.Now(); return errBroken })
		}()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if started != 1 {
			t.Errorf("task started %d times, want 1", started)
		}
		cancel()
		<-done
	})
}

func TestEveryFailureIsReportedWithItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var text bytes.Buffer
		var seen []error
		k := &Keeper{Name: "publisher", Log: slog.New(slog.NewTextHandler(&text, nil))}
		k.OnFailure = func(err error) {
			seen = append(seen, err)
			if len(seen) == 2 {
				cancel()
			}
		}
		round := 0
		_ = k.Run(ctx, func(context.Context) error {
			round++
			if round == 1 {
				return nil
			}
			return errBroken
		})
		if len(seen) != 2 || !errors.Is(seen[0], ErrEnded) || !errors.Is(seen[1], errBroken) {
			t.Errorf("failures reported: %v", seen)
		}
		if !strings.Contains(text.String(), "task=publisher") || !strings.Contains(text.String(), "error=broken") {
			t.Errorf("log says %q", text.String())
		}
	})
}

func TestTheEndOfTheContextIsNoFailureAndEndsEveryPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		k := &Keeper{Name: "task", OnFailure: func(err error) { t.Errorf("failure %v reported", err) }}
		begun := time.Now()
		err := k.Run(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if err != nil || time.Since(begun) != time.Second {
			t.Errorf("ended with %v after %v", err, time.Since(begun))
		}
		if err := k.Run(ctx, func(context.Context) error { t.Error("started on a dead context"); return nil }); err != nil {
			t.Errorf("dead context: %v", err)
		}
	})
}

func TestAFailureThatRepeatsIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		k := Keeper{Name: "camera", Log: slog.New(slog.NewTextHandler(&log, nil))}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		lives := 0
		_ = k.Run(ctx, func(context.Context) error {
			if lives++; lives == 4 {
				return errors.New("something else")
			}
			return errBroken
		})
		if first, other := strings.Count(log.String(), "broken"), strings.Count(log.String(), "something else"); lives < 6 || first != 2 || other != 1 {
			t.Errorf("%d lives; told %d times of the first error and %d times of the other:\n%s", lives, first, other, log.String())
		}
	})
}
