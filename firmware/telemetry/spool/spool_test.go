package spool

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/provisioning/contract"
)

// opened is a spool in a file, written by a Run for the length of the test.
type opened struct {
	*Spool
	end func() // ends Run and waits for it
}

func open(t *testing.T, path string, limits Limits) *opened {
	t.Helper()
	s, err := Open(path, limits, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.pace = pace{gather: time.Millisecond, retry: 10 * time.Millisecond}
	return run(t, s)
}

func run(t *testing.T, s *Spool) *opened {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	o := &opened{s, func() { cancel(); running.Wait() }}
	t.Cleanup(o.end)
	return o
}

func spoolFile(t *testing.T) string { return filepath.Join(t.TempDir(), "events.db") }

// settled waits until nothing is left in memory.
func (o *opened) settled(t *testing.T) {
	t.Helper()
	eventually(t, "all is on the disk", func() bool { return o.Stats().Waiting == 0 })
}

// all lists everything that is kept.
func (o *opened) all(t *testing.T) []contract.Event {
	t.Helper()
	return parsed(t, everything(o.Spool))
}

// everything also waits for what has to be sealed first.
func everything(s *Spool) (list []Event) {
	await(func() bool {
		list = append(list, s.Next(last(list), 1<<20)...)
		return len(list) == s.Stats().Kept
	})
	return list
}

// last is where a list ends.
func last(list []Event) Mark {
	if len(list) == 0 {
		return Mark{}
	}
	return list[len(list)-1].Mark
}

func parsed(t *testing.T, list []Event) (events []contract.Event) {
	t.Helper()
	for _, one := range list {
		e, err := contract.ParseEvent(one.Payload)
		if err != nil || e.N != one.N || e.Epoch != one.Epoch {
			t.Fatalf("event %v carries %s (%v)", one.Mark, one.Payload, err)
		}
		events = append(events, e)
	}
	return events
}

// eventually fails the test unless the condition comes true within 30 seconds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// unexplained are the numbers from 1 to the last that are neither there nor in a
// folded range.
func unexplained(events []contract.Event) (gaps []uint64) {
	there, last := map[uint64]bool{}, uint64(0)
	for _, e := range events {
		there[e.N] = true
		last = max(last, e.N)
		if e.Folded != nil {
			for n := e.Folded[0]; n <= e.Folded[1]; n++ {
				there[n] = true
			}
		}
	}
	for n := uint64(1); n <= last; n++ {
		if !there[n] {
			gaps = append(gaps, n)
		}
	}
	return gaps
}

func TestEventsAreCountedFromOneAndOutliveTheProgram(t *testing.T) {
	path := spoolFile(t)
	first := open(t, path, Limits{})
	for i := range 300 {
		first.Add("camera_lost", contract.SeverityFault, fmt.Sprint(i), "", i%2 == 1)
	}
	first.end()
	second := open(t, path, Limits{})
	second.Add("started", contract.SeverityInfo, "300", "anna", false)
	second.settled(t)
	all := second.all(t)
	if len(all) != 301 {
		t.Fatalf("%d events, want 301", len(all))
	}
	for i, e := range all {
		if e.N != uint64(i+1) || e.Det != fmt.Sprint(i) || e.Epoch != second.Stats().Epoch || e.Epoch == "" || i < 300 && e.Clr != i%2 {
			t.Fatalf("event %d is %+v", i, e)
		}
	}
	if last := all[300]; last.By != "anna" || last.Sev != contract.SeverityInfo || last.TS == 0 {
		t.Errorf("last event %+v", last)
	}
}

func TestOnlyWhatIsDoneGoes(t *testing.T) {
	path := spoolFile(t)
	s := open(t, path, Limits{})
	for i := range 10 {
		s.Add("x", contract.SeverityInfo, fmt.Sprint(i), "", false)
	}
	s.settled(t)
	list := s.Next(Mark{}, 4)
	if len(list) != 4 || list[3].N != 4 {
		t.Fatalf("the first four are %v", list)
	}
	s.Done(list[1].Mark)
	if got := s.Next(Mark{}, 3); len(got) != 3 || got[0].N != 1 || got[1].N != 3 {
		t.Errorf("what is done is listed at once again: %v", got)
	}
	if got := s.Next(list[3].Mark, 99); len(got) != 6 || got[0].N != 5 {
		t.Errorf("after the fourth come %v", got)
	}
	if got := s.Next(Mark{"another", 9}, 99); len(got) != 9 {
		t.Errorf("after a mark of another file come %d events, want all 9", len(got))
	}
	s.end()
	again := open(t, path, Limits{})
	if got := again.all(t); len(got) != 9 || got[1].N != 3 {
		t.Errorf("after a restart: %v", got)
	}
}

func TestABatchIsOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(spoolFile(t), Limits{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		o := run(t, s)
		time.Sleep(time.Second)
		before := s.store.db.Stats().TxStats.Write
		for i := range 100 { // within 200 ms
			s.Add("x", contract.SeverityInfo, fmt.Sprint(i), "", false)
			time.Sleep(time.Millisecond)
		}
		if got := s.Stats(); got.Written != 0 {
			t.Errorf("%d events were written before a batch could gather", got.Written)
		}
		time.Sleep(110 * time.Millisecond)
		if got := s.Stats(); got.Written != 100 || got.Waiting != 0 {
			t.Errorf("after 210 ms %d of 100 events are written", got.Written)
		}
		perBatch := s.store.db.Stats().TxStats.Write - before
		if perBatch > 12 { // pages of one transaction; a hundred would write over 400
			t.Errorf("%d pages written for one batch", perBatch)
		}
		o.end()
	})
}

func TestAFullBatchDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(spoolFile(t), Limits{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		o := run(t, s)
		time.Sleep(time.Second)
		for range batchSize {
			s.Add("x", contract.SeverityInfo, "", "", false)
		}
		synctest.Wait()
		if got := s.Stats(); got.Written != batchSize {
			t.Errorf("%d of a full batch are written at once", got.Written)
		}
		o.end()
	})
}

func TestWhoWaitsForEventsIsWoken(t *testing.T) {
	s := open(t, spoolFile(t), Limits{})
	<-s.Fresh() // opened
	s.Add("x", contract.SeverityInfo, "", "", false)
	select {
	case <-s.Fresh():
	case <-time.After(30 * time.Second):
		t.Fatal("not woken")
	}
	if got := s.all(t); len(got) != 1 {
		t.Errorf("woken, and %d events are there", len(got))
	}
}

func TestHealthNumbersRiseOverRestartsEvenAfterAPowerCut(t *testing.T) {
	path := spoolFile(t)
	last := uint64(0)
	for life := range 4 {
		s := open(t, path, Limits{})
		for range 2300 {
			n := s.HealthNumber()
			if n <= last {
				t.Fatalf("life %d: number %d after %d", life, n, last)
			}
			if last = n; n%100 == 0 {
				eventually(t, "the file is ahead", s.ahead)
			}
		}
		eventually(t, "the file is ahead", s.ahead)
		cut := fmt.Sprint(path, life) // what a power cut leaves: nobody closes it
		copyFile(t, path, cut)
		s.end()
		path = cut
	}
	if last > 4*2300+4*2*step {
		t.Errorf("the numbers rose to %d with %d messages", last, 4*2300)
	}
}

// ahead tells whether the file holds numbers enough.
func (o *opened) ahead() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.numbers.ceiling == o.numbers.wanted()
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFileWithoutANameIsRefused(t *testing.T) {
	if _, err := Open("", Limits{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("accepted")
	}
}
