package spool

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"testing"

	"studiobox/provisioning/contract"
)

func TestAMonthWithoutABrokerCostsNoMoreThanTheBound(t *testing.T) {
	const limit = 256 << 10
	total, alarms := 70_000, 0
	if testing.Short() {
		total = 10_000
	}
	path := spoolFile(t)
	s := open(t, path, Limits{Bytes: limit, Memory: 1 << 20})
	for i := range total {
		sev := contract.SeverityInfo
		if i%100 == 0 {
			sev, alarms = contract.SeverityWarn, alarms+1
		}
		s.Add("camera_lost", sev, fmt.Sprintf("figure %d of a usual length", i), "", false)
		if i%10_000 == 0 {
			s.settled(t)
		}
	}
	s.settled(t)
	stats, all := s.Stats(), s.all(t)
	if stats.Bytes > limit || stats.Missed > 0 {
		t.Errorf("%d bytes kept, %d events missed; want at most %d bytes", stats.Bytes, stats.Missed, limit)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 4*limit {
		t.Errorf("the file has %d bytes, want at most %d", info.Size(), 4*limit)
	} else {
		t.Logf("%d events: %d kept, %d bytes of payload, file %d bytes", total, stats.Kept, stats.Bytes, info.Size())
	}
	if gaps := unexplained(all); len(gaps) > 0 {
		t.Errorf("%d events are missing without a word, for example %d", len(gaps), gaps[0])
	}
	kept, folds := 0, 0
	for _, e := range all {
		if e.Sev == contract.SeverityWarn {
			kept++
		}
	}
	for _, e := range all {
		if e.Code != contract.EventFolded {
			continue
		}
		folds++
		if e.Sev != contract.SeverityInfo || e.Det != fmt.Sprintf("events=%d alarms=%d", total-(len(all)-1), alarms-kept) {
			t.Errorf("%d of %d events kept, %d of %d alarms, and told is %+v", len(all)-1, total, kept, alarms, e)
		}
	}
	if folds != 1 || kept != alarms {
		t.Errorf("%d folded events, want 1; %d of %d alarms kept", folds, kept, alarms)
	}
	if first := all[slices.IndexFunc(all, func(e contract.Event) bool { return e.Sev == contract.SeverityInfo })]; first.N < 2 {
		t.Error("the oldest info was kept")
	}
}

func TestWhenOnlyAlarmsAreLeftTheOldestGo(t *testing.T) {
	s := open(t, spoolFile(t), Limits{Bytes: 8 << 10})
	for i := range 1000 {
		s.Add("camera_lost", contract.SeverityFault, fmt.Sprint(i), "", false)
	}
	s.Add("x", contract.SeverityInfo, "", "", false)
	s.settled(t)
	all := s.all(t)
	if gaps := unexplained(all); len(gaps) > 0 || s.Stats().Bytes > 8<<10 {
		t.Errorf("gaps %v, %d bytes", gaps, s.Stats().Bytes)
	}
	if newest := all[len(all)-1]; !slices.ContainsFunc(all, func(e contract.Event) bool { return e.Det == "999" }) {
		t.Errorf("the newest alarm is gone; last is %+v", newest)
	}
}

func TestAFoldThatTheFleetSideHasIsNotToldAgain(t *testing.T) {
	s := open(t, spoolFile(t), Limits{Bytes: 8 << 10})
	var delivered []contract.Event
	for round := range 4 {
		for i := range 200 {
			s.Add("x", contract.SeverityInfo, fmt.Sprint(round, " ", i), "", false)
		}
		s.settled(t)
		for _, one := range everything(s.Spool) {
			delivered = append(delivered, parsed(t, []Event{one})...)
			s.Done(one.Mark)
		}
		eventually(t, "done", func() bool { return s.Stats().Kept == 0 })
	}
	if gaps := unexplained(delivered); len(gaps) > 0 {
		t.Errorf("gaps %v", gaps)
	}
	var before uint64
	for _, e := range delivered {
		if e.Folded != nil && e.Folded[0] <= before {
			t.Errorf("%v was told already up to %d", *e.Folded, before)
		}
		if e.Folded != nil {
			before = e.Folded[1]
		}
	}
	if before == 0 {
		t.Error("nothing was folded")
	}
}

// told adds up what the fleet side was told of events that had to go.
func told(events []contract.Event) (sum int) {
	for _, e := range events {
		if n := 0; e.Folded != nil {
			fmt.Sscanf(e.Det, "events=%d", &n)
			sum += n
		}
	}
	return sum
}

func TestAFoldThatIsUnderWayIsNotAddedToAgain(t *testing.T) {
	for name, again := range map[string]func(*testing.T, *opened, string) *opened{
		"in one run": func(_ *testing.T, s *opened, _ string) *opened { return s },
		"over a power cut": func(t *testing.T, s *opened, path string) *opened {
			s.end()
			return open(t, path, Limits{Bytes: 8 << 10})
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := spoolFile(t)
			s := open(t, path, Limits{Bytes: 8 << 10})
			fill := func() {
				for i := range 200 {
					s.Add("x", contract.SeverityInfo, fmt.Sprint(i), "", false)
				}
				s.settled(t)
			}
			fill()
			delivered := map[Mark]contract.Event{}
			deliver := func() (marks []Mark) {
				for _, one := range everything(s.Spool) {
					delivered[one.Mark] = parsed(t, []Event{one})[0]
					marks = append(marks, one.Mark)
				}
				return marks
			}
			deliver() // and the acknowledgements are lost
			s = again(t, s, path)
			fill()
			for _, mark := range deliver() {
				s.Done(mark)
			}
			events, real := []contract.Event{}, 0
			for _, e := range delivered {
				events = append(events, e)
				if e.Folded == nil {
					real++
				}
			}
			// What was delivered and then folded all the same was told, too.
			if gone := 400 - real; told(events) < gone || told(events) > 400 {
				t.Errorf("%d of 400 events were not delivered, and told are %d", gone, told(events))
			}
			if gaps := unexplained(events); len(gaps) > 0 {
				t.Errorf("gaps %v", gaps)
			}
		})
	}
}

func TestANoteOutlivesTheProgramAndADamagedFile(t *testing.T) {
	path := spoolFile(t)
	first := open(t, path, Limits{})
	if note := first.Recall(); note != nil {
		t.Errorf("remembered before anything was: %q", note)
	}
	first.Remember([]byte("old"))
	first.Remember([]byte("new"))
	first.end()
	second := open(t, path, Limits{})
	if note := second.Recall(); string(note) != "new" {
		t.Errorf("recalled %q", note)
	}
	old := second.Stats().Epoch
	second.store.spoiled.Store(true)
	nudge(second.wake)
	eventually(t, "a new file", func() bool { return second.Stats().Epoch != old })
	second.end()
	third := open(t, path, Limits{})
	if note := third.Recall(); string(note) != "new" {
		t.Errorf("recalled %q from the file that took the damaged one's place", note)
	}
}

func TestAFoldIsShownOnceTheDiskHasItSealed(t *testing.T) {
	s, err := Open(spoolFile(t), Limits{Bytes: 8 << 10}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	flush := func() {
		if err := s.flush(); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() bool {
		return slices.ContainsFunc(parsed(t, s.Next(Mark{}, 1<<20)), func(e contract.Event) bool { return e.Folded != nil })
	}
	for i := range 200 {
		s.Add("x", contract.SeverityInfo, fmt.Sprint(i), "", false)
	}
	flush()
	if shown() {
		t.Error("a fold was shown that the next one could still take in")
	}
	flush()
	if !shown() {
		t.Error("a fold that was asked for is not shown after the next batch")
	}
}
