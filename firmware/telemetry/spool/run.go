package spool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// batchSize is how many events one transaction holds at most.
const batchSize = 256

// pace is every time constant of a Spool; tests run a faster one.
type pace struct {
	gather time.Duration // from the first event to the transaction that holds it
	retry  time.Duration // between two attempts while the disk refuses
}

func realPace() pace { return pace{gather: 200 * time.Millisecond, retry: 5 * time.Second} }

// Run writes until ctx ends, and then what is still in memory, closes the file
// and returns nil. To keep the last words of the other parts, end it after them.
func (s *Spool) Run(ctx context.Context) error {
	defer s.close()
	for {
		select {
		case <-s.wake:
			s.wait(ctx, s.pace.gather, s.full)
		case <-ctx.Done():
		}
		err := s.flush()
		if err != nil {
			s.broken(err)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			s.wait(ctx, s.pace.retry, nil)
			nudge(s.wake)
		}
	}
}

// wait waits that long, or until either channel says otherwise.
func (s *Spool) wait(ctx context.Context, d time.Duration, enough <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-enough:
	case <-ctx.Done():
	}
}

// flush writes all that waits.
func (s *Spool) flush() error {
	for {
		var err error
		switch {
		case s.store == nil:
			err = s.open()
		case s.store.spoiled.Load():
			err = s.replace()
		}
		if err != nil {
			return err
		}
		b, some := s.take()
		if !some {
			return nil
		}
		folded, err := s.store.write(b, s.limits.Bytes)
		s.settle(b, folded, err)
		if errors.Is(err, errDamaged) {
			s.store.spoiled.Store(true)
		} else if err != nil {
			return err
		}
	}
}

// take makes a batch of what waits; some is false when nothing does.
func (s *Spool) take() (b batch, some bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.queue), batchSize)
	s.writing = s.queue[:n:n]
	s.queue = s.queue[n:]
	b = batch{
		events: s.writing, missed: s.missed, done: slices.Collect(maps.Keys(s.done)),
		seal: s.seal, ceiling: s.numbers.wanted(),
	}
	if s.noted {
		b.note = s.note
	}
	s.missed, s.seal, s.noted = tally{}, false, false
	some = n > 0 || b.missed.events > 0 || len(b.done) > 0 || b.seal || b.note != nil || b.ceiling != s.numbers.ceiling
	return b, some
}

// settle books what became of a batch. After an error all of it waits again.
func (s *Spool) settle(b batch, folded int, err error) {
	again := false
	defer func() { s.mended(again) }()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = nil
	if err != nil {
		s.queue = append(b.events, s.queue...)
		s.missed.events += b.missed.events
		s.missed.alarms += b.missed.alarms
		s.seal, s.noted = s.seal || b.seal, s.noted || b.note != nil
		return
	}
	for _, mark := range b.done {
		delete(s.done, mark)
	}
	s.numbers.ceiling = b.ceiling
	s.stats.Written += uint64(len(b.events))
	s.stats.Folded += uint64(folded)
	again = s.show()
	if len(b.events) > 0 || b.seal {
		nudge(s.fresh)
	}
}

// show copies the file's figures to the stats. It tells whether the disk had
// refused before.
func (s *Spool) show() (again bool) {
	again = s.stats.Broken != ""
	st := s.store
	s.stats.Broken, s.stats.Epoch = "", st.epoch
	s.stats.Last, s.stats.Kept, s.stats.Bytes = st.last, st.kept, st.bytes
	return again
}

// mended logs that the disk is back; without s.mu, since a log can wait for its
// reader.
func (s *Spool) mended(again bool) {
	if again {
		s.log.Info("event spool: writes again", "file", s.path)
	}
}

// broken notes why nothing can be written, and logs it once.
func (s *Spool) broken(err error) {
	text := fmt.Sprintf("event spool %s: %v; events wait in memory", s.path, err)
	s.mu.Lock()
	news := s.stats.Broken != text
	s.stats.Broken = text
	s.mu.Unlock()
	if news {
		s.log.Warn("event spool: cannot write, will keep trying", "error", err)
	}
}

// close closes the file. What is added later stays in memory.
func (s *Spool) close() {
	s.file.Lock()
	defer s.file.Unlock()
	if s.store != nil {
		s.store.close()
		s.store = nil
	}
}
