// Package spool keeps a box's events on its disk until the fleet side has them.
//
// A batch of events is one transaction of one bbolt file, and so one fsync. The
// file is bounded by the bytes of its payloads: when they are too many, the
// oldest are folded into one event that says which they were. Pages that become
// free are used again, so the file stays below four times that bound and never
// needs compacting.
package spool

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"studiobox/provisioning/contract"
)

// Limits bound what a spool takes. Zero fields mean the defaults.
type Limits struct {
	Bytes  int // of payloads on the disk; default 4 MB, at least 4 kB
	Memory int // events that wait in memory for the disk; default 4096, at least 16
}

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 4 << 20
	}
	if l.Memory == 0 {
		l.Memory = 4096
	}
	return Limits{Bytes: max(l.Bytes, 4<<10), Memory: max(l.Memory, 16)}
}

// Mark names one event for ever: its number, and the count that it belongs to.
type Mark struct {
	Epoch string
	N     uint64
}

// Event is one that is safe on the disk.
type Event struct {
	Mark
	Payload []byte // as the event topic carries it
}

// Spool takes events at any time, from any goroutine, before, during and after
// Run.
type Spool struct {
	path   string
	limits Limits
	log    *slog.Logger
	pace   pace
	wake   chan struct{} // something waits for the writer
	full   chan struct{} // it is a whole batch
	fresh  chan struct{} // see Fresh

	file  sync.RWMutex // held to read by whoever uses store, to write by who replaces it
	store *store       // nil while the disk refuses

	damage error // the writer's: why the file at path must not be used

	mu      sync.Mutex
	queue   []contract.Event // added, oldest first; they get their numbers on the disk
	writing []contract.Event // taken from the queue by the writer
	missed  tally            // that the queue had no room for
	done    map[Mark]bool
	seal    bool   // a reader wants the events_folded event that is still added to
	note    []byte // see Remember
	noted   bool   // it is not on the disk
	numbers numbers
	stats   Stats
}

// Stats is what the box shows of its spool.
type Stats struct {
	Broken  string // why nothing can be kept on the disk now; one line, empty while it can
	Epoch   string // of the present file; empty before there was one
	Last    uint64 // number of the newest event on the disk
	Written uint64 // events that came to the disk since start, in the order of Add
	Kept    int    // events on the disk that are not done
	Bytes   int    // of their payloads
	Waiting int    // events in memory
	Missed  uint64 // events since start that found no room in memory; an events_folded event tells of them
	Folded  uint64 // events since start that made room on the disk; the same
}

// Open opens the file, or makes it. A file that is damaged is moved aside, and a
// new count begins. A disk that refuses is no error here: Stats tells, and Run
// tries again. After Open nothing is written before Run.
func Open(path string, limits Limits, log *slog.Logger) (*Spool, error) {
	if path == "" {
		return nil, errors.New("event spool: no file is named; give it a path on the data disk")
	}
	s := &Spool{
		path: path, limits: limits.withDefaults(), log: log, pace: realPace(), done: map[Mark]bool{},
		wake: make(chan struct{}, 1), full: make(chan struct{}, 1), fresh: make(chan struct{}, 1),
	}
	if err := s.open(); err != nil {
		s.broken(err)
		nudge(s.wake) // Run tries again
	}
	return s, nil
}

// Add takes an event that happened now; see [contract.Event] for the meaning of
// its parts. It never blocks and never waits for the disk.
func (s *Spool) Add(code, sev, det, by string, clear bool) {
	e := contract.Event{TS: time.Now().Unix(), Code: code, Sev: sev, Det: det, By: by}
	if clear {
		e.Clr = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, e)
	if len(s.queue)+len(s.writing) > s.limits.Memory {
		s.crowded()
	}
	if len(s.queue) >= batchSize {
		nudge(s.full)
	}
	nudge(s.wake)
}

// crowded makes room in the queue: an eighth of it goes, infos first, the oldest
// first. They are counted, and told of once the disk is back.
func (s *Spool) crowded() {
	gone := s.missed
	excess := min(s.limits.Memory/8+1, len(s.queue))
	left := excess
	for _, alarms := range []bool{false, true} {
		s.queue = slices.DeleteFunc(s.queue, func(e contract.Event) bool {
			if left == 0 || isAlarm(e) != alarms {
				return false
			}
			left--
			gone.count(e)
			return true
		})
	}
	s.missed = gone
	s.stats.Missed += uint64(excess)
}

// Next lists events on the disk after the mark that are not done, oldest first.
// The zero Mark, like one of a former file, lists from the beginning. The list
// ends before an events_folded event that is still added to: what was shown must
// not be told a second time within the next one. It is sealed, which the disk must
// confirm, and listed with what follows once [Spool.Fresh] says so.
func (s *Spool) Next(after Mark, most int) []Event {
	s.file.RLock()
	defer s.file.RUnlock()
	if s.store == nil {
		return nil
	}
	found, unsealed, err := s.store.next(after, most, s.isDone)
	if err != nil {
		s.store.spoiled.Store(true)
		nudge(s.wake) // the writer replaces the file
	}
	if unsealed {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seal = true
		nudge(s.wake)
	}
	return found
}

// Remember keeps a few bytes beside the events, in the place of those before. They
// are on the disk after the next batch.
func (s *Spool) Remember(note []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note, s.noted = slices.Clone(note), true
	nudge(s.wake)
}

// Recall is what was remembered last, also by an earlier run; nil = nothing.
func (s *Spool) Recall() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.note)
}

// Done lets go of an event that the broker has acknowledged. After a power cut
// within the next fraction of a second it is listed again.
func (s *Spool) Done(mark Mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[mark] = true
	nudge(s.wake)
}

func (s *Spool) isDone(mark Mark) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done[mark]
}

// Fresh gets a value when events have come to the disk since the last value was
// taken.
func (s *Spool) Fresh() <-chan struct{} { return s.fresh }

// Stats tells how the keeping goes. Safe to call at any time.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Waiting = len(s.queue) + len(s.writing)
	return stats
}

// nudge tells a channel's reader once, however often it is called.
func nudge(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
