package spool

import (
	"fmt"
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
		for _, one := range s.Next(Mark{}, 1<<20) {
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
