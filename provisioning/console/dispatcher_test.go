package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/contract"
)

// testLedger holds commands in memory, for tests in virtual time.
type testLedger struct {
	mu       sync.Mutex
	commands []book.Command
	away     bool
}

func (l *testLedger) AddCommand(_ context.Context, c book.Command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commands = append(l.commands, c)
	return nil
}

func (l *testLedger) Unanswered(_ context.Context, now time.Time) ([]book.Command, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return nil, errors.New("the database is away")
	}
	return slices.DeleteFunc(slices.Clone(l.commands), func(c book.Command) bool {
		return c.State != book.CommandSent || !c.Ends.After(now)
	}), nil
}

func (l *testLedger) answer(state string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commands[0].State = state
}

// dispatched runs a dispatcher for a command that ends after a while, and tells
// at what second it was sent.
func dispatched(t *testing.T, ends, span time.Duration, during func(*testLedger, *testBroker)) []int {
	t.Helper()
	ledger, broker := &testLedger{}, &testBroker{}
	begun := time.Now()
	var seconds []int
	sender := senderFunc(func() error {
		err := broker.Send(t.Context(), "bank-a", "SB-000001", nil)
		if err == nil {
			seconds = append(seconds, int(time.Since(begun).Seconds()))
		}
		return err
	})
	d := NewDispatcher(ledger, sender, nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	command := book.Command{ID: firstID, Tenant: "bank-a", Box: "SB-000001", State: book.CommandSent, At: begun, Ends: begun.Add(ends)}
	_ = ledger.AddCommand(t.Context(), command)
	if during != nil {
		go during(ledger, broker)
		synctest.Wait()
	}
	d.Give(t.Context(), command)
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	_ = d.Run(ctx)
	return seconds
}

type senderFunc func() error

func (f senderFunc) Send(context.Context, string, string, []byte) error { return f() }

func TestACommandIsSentAgainMoreAndMoreSeldomUntilItRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := dispatched(t, 4*time.Minute, time.Hour, nil)
		if want := []int{0, 4, 12, 28, 60, 120, 180}; !slices.Equal(got, want) {
			t.Errorf("sent at seconds %v, want %v", got, want)
		}
	})
}

func TestAnAnsweredCommandIsNotSentAgain(t *testing.T) {
	for _, state := range []string{contract.AckAccepted, contract.AckDone, contract.AckRefused, contract.AckFailed} {
		synctest.Test(t, func(t *testing.T) {
			got := dispatched(t, time.Hour, time.Hour, func(l *testLedger, _ *testBroker) {
				time.Sleep(5 * time.Second)
				l.answer(state)
			})
			if want := []int{0, 4}; !slices.Equal(got, want) {
				t.Errorf("%s: sent at seconds %v, want %v", state, got, want)
			}
		})
	}
}

func TestACommandGoesOutSoonAfterTheBrokerIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := dispatched(t, 100*time.Second, time.Hour, func(_ *testLedger, b *testBroker) {
			b.mu.Lock()
			b.away = true
			b.mu.Unlock()
			time.Sleep(50 * time.Second)
			b.mu.Lock()
			b.away = false
			b.mu.Unlock()
		})
		if len(got) == 0 || got[0] < 50 || got[0] > 55 {
			t.Errorf("sent at seconds %v, want the first within 5 s of the 50th", got)
		}
	})
}

func TestADatabaseThatIsAwayStopsNothingForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := dispatched(t, 100*time.Second, time.Hour, func(l *testLedger, _ *testBroker) {
			l.mu.Lock()
			l.away = true
			l.mu.Unlock()
			time.Sleep(30 * time.Second)
			l.mu.Lock()
			l.away = false
			l.mu.Unlock()
		})
		if len(got) < 2 || got[1] < 30 || got[1] > 32 {
			t.Errorf("sent at seconds %v, want the second try right after the 30th", got)
		}
	})
}

func TestACommandGivenToAnotherConsoleIsRepeatedByThisOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, broker := &testLedger{}, &testBroker{}
		_ = ledger.AddCommand(t.Context(), book.Command{ID: nextID, State: book.CommandSent, At: time.Now(), Ends: time.Now().Add(10 * time.Second)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_ = NewDispatcher(ledger, broker, nil, slog.New(slog.NewTextHandler(io.Discard, nil))).Run(ctx)
		if n := len(broker.commands()); n != 2 {
			t.Errorf("sent %d times, want 2", n)
		}
	})
}

func TestAnOpenCommandIsRepeatedHoweverManyWereGivenSince(t *testing.T) {
	tc, now := newConsole(t, time.Now), time.Now().Add(-time.Hour)
	give := func(id string, ends time.Time) {
		err := tc.book.AddCommand(t.Context(), book.Command{ID: id, Tenant: "bank-a", Box: "SB-000001", Sealed: []byte(id), At: now, Ends: ends})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Millisecond)
	}
	give("the first", now.Add(2*time.Hour))
	for i := range 600 {
		give(fmt.Sprint("run out ", i), now.Add(time.Minute))
	}
	if err := tc.dispatcher.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sent := tc.broker.commands(); len(sent) != 1 || string(sent[0].sealed) != "the first" {
		t.Errorf("%d commands were repeated: %q", len(sent), sent)
	}
}
