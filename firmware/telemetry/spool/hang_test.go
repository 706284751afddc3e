package spool

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"studiobox/provisioning/contract"
)

// hang makes writes to a file wait until the function that it returns is called,
// as a card does that cleans up: bbolt lets in one writer at a time.
func hang(t *testing.T, db *bbolt.DB) (release func()) {
	t.Helper()
	tx, err := db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

// unhurried does what the conductor does at each step, and fails the test if that
// waits.
func unhurried(t *testing.T, s *Spool) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 1000 {
			s.Add("x", contract.SeverityInfo, fmt.Sprint(i), "", false)
			s.Stats()
			s.HealthNumber()
			s.Remember([]byte("x"))
		}
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Error("whoever adds an event waits for the disk")
	}
}

func TestNobodyWaitsForADiskThatComesBackSlowly(t *testing.T) {
	path := spoolFile(t)
	s, err := Open(path, Limits{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	st := s.store // as if the disk had refused until now
	s.store, s.numbers.ceiling = nil, 0
	release := hang(t, st.db)
	used := make(chan struct{})
	go func() { defer close(used); s.use(st) }()
	for s.mu.TryLock() { // until it has begun
		begun := s.numbers.ceiling == st.ceiling
		s.mu.Unlock()
		if begun {
			break
		}
		time.Sleep(time.Millisecond)
	}
	unhurried(t, s)
	release()
	<-used
	s.close()
}

func TestNobodyWaitsForABatchThatTheDiskTakesSlowly(t *testing.T) {
	s := open(t, spoolFile(t), Limits{})
	release := hang(t, s.store.db)
	s.Add("x", contract.SeverityInfo, "first", "", false)
	eventually(t, "the writer has it in hand", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.writing) > 0
	})
	unhurried(t, s.Spool)
	release()
	s.settled(t)
	if all := s.all(t); len(all) != 1001 {
		t.Errorf("%d events, want 1001", len(all))
	}
}
