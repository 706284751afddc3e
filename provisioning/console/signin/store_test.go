package signin

import (
	"database/sql"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// stores are all implementations of [SessionStore].
func stores(t *testing.T) map[string]SessionStore {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "signin.db")+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	made := map[string]SessionStore{"memory": &Memory{}, "SQLite": newSQL(t, db)}
	if !testing.Short() {
		made["PostgreSQL"] = newSQL(t, postgres(t))
	}
	return made
}

// newSQL is what the second console of a database gets.
func newSQL(t *testing.T, db *sql.DB) *SQL {
	t.Helper()
	if _, err := NewSQL(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	second, err := NewSQL(t.Context(), db)
	if err != nil {
		t.Fatalf("the second console finds no table: %v", err)
	}
	return second
}

func TestAStoreSwapsOnlyWhatItHolds(t *testing.T) {
	later, past := time.Now().Add(time.Hour), time.Now().Add(-time.Second)
	a, b := []byte("a"), []byte("b")
	for name, store := range stores(t) {
		for i, step := range []struct {
			key      string
			old, new []byte
			until    time.Time
			done     bool
			then     string
		}{
			{"k", a, b, later, false, ""},
			{"k", nil, a, later, true, "a"},
			{"k", nil, b, later, false, "a"},
			{"k", b, a, later, false, "a"},
			{"k", a, b, later, true, "b"},
			{"k", a, nil, later, false, "b"},
			{"k", b, nil, later, true, ""},
			{"k", b, nil, later, false, ""},
			{"k", nil, nil, later, true, ""},
			{"k", nil, a, past, true, ""}, // past its time at once
			{"k", a, b, later, false, ""},
			{"k", nil, b, later, true, "b"},
			{"l", nil, a, later, true, "a"},
		} {
			done, err := store.Swap(t.Context(), step.key, step.old, step.new, step.until)
			if err != nil || done != step.done {
				t.Errorf("%s, step %d: %t, %v", name, i, done, err)
			}
			if got, err := store.Get(t.Context(), step.key); err != nil || string(got) != step.then {
				t.Errorf("%s, after step %d: %q, %v", name, i, got, err)
			}
		}
		if _, err := store.Swap(t.Context(), "old", nil, a, past); err != nil {
			t.Error(err)
		}
		if err := store.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
		if got, err := store.Get(t.Context(), "k"); err != nil || string(got) != "b" {
			t.Errorf("%s: a living row was swept: %q, %v", name, got, err)
		}
		checkSwept(t, store)
	}
}

// checkSwept looks inside: a row past its time is not merely hidden.
func checkSwept(t *testing.T, store SessionStore) {
	t.Helper()
	rows := 0
	switch s := store.(type) {
	case *Memory:
		rows = len(s.rows)
	case *SQL:
		if err := s.db.QueryRow("SELECT count(*) FROM signin").Scan(&rows); err != nil {
			t.Fatal(err)
		}
	}
	if rows != 2 {
		t.Errorf("%T keeps %d rows, want 2", store, rows)
	}
}

func TestOfManyAtOnceOneTakesARow(t *testing.T) {
	for name, store := range stores(t) {
		if _, err := store.Swap(t.Context(), "k", nil, []byte("a"), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		var takers sync.WaitGroup
		var taken atomic.Int32
		for range 20 {
			takers.Go(func() {
				if done, err := store.Swap(t.Context(), "k", []byte("a"), nil, time.Time{}); err != nil {
					t.Error(err)
				} else if done {
					taken.Add(1)
				}
			})
		}
		takers.Wait()
		if taken.Load() != 1 {
			t.Errorf("%s: %d took it", name, taken.Load())
		}
	}
}
