package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"studiobox/provisioning/contract"
)

// mostTaken bounds the ids in the ledger. None is forgotten before its time, so
// that a full ledger refuses instead.
const mostTaken = 10_000

// ErrFull is returned while the ledger holds as many ids as it may.
var ErrFull = errors.New("ledger of commands: full")

// The buckets, and the keys of those with a single value each.
var (
	takenBucket = []byte("taken")
	wishBucket  = []byte("wish")
	lostBucket  = []byte("lost")
	onlyKey     = []byte("1")
)

// Taken is what is known of a command that was taken.
type Taken struct {
	Exp int64       `json:"exp"` // Unix seconds; forgotten from then on
	Op  contract.Op `json:"op"`
	St  string      `json:"st"` // see contract.Ack
	Who string      `json:"who,omitempty"`
}

// Ledger remembers on disk which commands were taken and what came of them, and
// the wish in force. What it has confirmed survives a power cut. Safe for use by
// several goroutines.
type Ledger struct {
	db *bbolt.DB

	mu     sync.Mutex // of the count; the file has its own
	count  int
	pruned time.Time
	lost   int64
}

// Close releases the file.
func (l *Ledger) Close() error { return l.db.Close() }

// Known tells whether a command was taken, and what came of it.
func (l *Ledger) Known(c contract.Command) (t Taken, known bool) {
	l.mu.Lock()
	lost := l.lost
	l.mu.Unlock()
	_ = l.db.View(func(tx *bbolt.Tx) error { // a view of an open file fails only once it is closed
		text := tx.Bucket(takenBucket).Get([]byte(c.ID))
		known = text != nil
		if known {
			return json.Unmarshal(text, &t)
		}
		return nil
	})
	return t, known || c.Iat < lost
}

// Take notes that a command is taken. When it returns nil the note is on disk.
func (l *Ledger) Take(c contract.Command, st, who string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= mostTaken || now.Sub(l.pruned) > time.Hour {
		if err := l.prune(now); err != nil {
			return err
		}
	}
	if l.count >= mostTaken {
		return ErrFull
	}
	if err := l.put(takenBucket, []byte(c.ID), Taken{Exp: c.Exp, Op: c.Op, St: st, Who: who}); err != nil {
		return err
	}
	l.count++
	return nil
}

// Finish notes what came of a command that was taken.
func (l *Ledger) Finish(id, st string) error {
	err := l.db.Update(func(tx *bbolt.Tx) error {
		var t Taken
		text := tx.Bucket(takenBucket).Get([]byte(id))
		if text == nil {
			return nil // its time is over
		}
		if err := json.Unmarshal(text, &t); err != nil {
			return err
		}
		t.St = st
		return put(tx.Bucket(takenBucket), []byte(id), t)
	})
	if err != nil {
		return fmt.Errorf("ledger of commands: %w", err)
	}
	return nil
}

// Unfinished lists what an earlier run of the program took and did not finish.
func (l *Ledger) Unfinished() (map[string]Taken, error) {
	open := map[string]Taken{}
	err := l.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(takenBucket).ForEach(func(id, text []byte) error {
			var t Taken
			if err := json.Unmarshal(text, &t); err != nil {
				return err
			}
			if t.St == contract.AckAccepted {
				open[string(id)] = t
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("ledger of commands: %w", err)
	}
	return open, nil
}

// prune forgets the ids whose commands have expired: they are refused for that
// alone. The slack is for a clock that is set back a little.
func (l *Ledger) prune(now time.Time) error {
	gone := 0
	err := l.db.Update(func(tx *bbolt.Tx) error {
		gone = 0
		var old [][]byte
		err := tx.Bucket(takenBucket).ForEach(func(id, text []byte) error {
			var t Taken
			if err := json.Unmarshal(text, &t); err != nil {
				return err
			}
			if t.Exp+contract.ClockSlack <= now.Unix() {
				old = append(old, id)
			}
			return nil
		})
		if err != nil {
			return err
		}
		gone = len(old)
		for _, id := range old {
			if err := tx.Bucket(takenBucket).Delete(id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger of commands: %w", err)
	}
	l.count -= gone
	l.pruned = now
	return nil
}

func (l *Ledger) put(bucket, key []byte, value any) error {
	err := l.db.Update(func(tx *bbolt.Tx) error { return put(tx.Bucket(bucket), key, value) })
	if err != nil {
		return fmt.Errorf("ledger of commands: %w", err)
	}
	return nil
}

func put(bucket *bbolt.Bucket, key []byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return bucket.Put(key, text)
}
