package panel

import (
	"math"
	"slices"
	"sync"
	"time"

	"studiobox/firmware/showlog"
)

// fakeRecord is a record of shows made of memory.
type fakeRecord struct {
	mu      sync.Mutex
	entries []showlog.Entry // in order
	running bool            // the newest show still runs
}

// set makes entries all that is known.
func (f *fakeRecord) set(entries []showlog.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = entries
}

func (f *fakeRecord) add(e showlog.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = append(slices.Clone(f.entries), e)
}

func (f *fakeRecord) Since(count uint64) ([]showlog.Entry, uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := uint64(len(f.entries))
	return f.entries[min(count, all):], all
}

func (f *fakeRecord) Shows() []showlog.Summary {
	var numbers []int
	for _, e := range f.all() {
		numbers = append(numbers, e.Show)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	slices.Reverse(numbers)
	var shows []showlog.Summary
	for _, show := range numbers {
		report, _ := f.Report(show)
		shows = append(shows, report.Summary)
	}
	return shows
}

func (f *fakeRecord) Report(show int) (showlog.Report, bool) {
	var own []showlog.Entry
	newest := 0
	for _, e := range f.all() {
		if newest = e.Show; e.Show == show {
			own = append(own, e)
		}
	}
	report := showlog.Of(own)
	report.Running = f.running && show == newest
	return report, len(own) > 0
}

func (f *fakeRecord) all() []showlog.Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.entries
}

// believableShow is a show of that many seconds that ends at end: the line fails
// for a while, recovers, and is cut for six seconds towards the end.
func believableShow(number int, end time.Time, length int) []showlog.Entry {
	var entries []showlog.Entry
	target := 1500.0
	for s := range length + 1 {
		left := length - s
		capacity, reason, lost := 6000.0, "app_limited", 0
		switch {
		case s < 3:
			reason = "start"
		case left < length/6 && left > length/9:
			capacity, reason = 1500, "hold"
		case left < length*2/3 && left > length/2:
			capacity, reason = 2200, "hold"
		case left < 32 && left > 26:
			capacity, reason = 0, "outage"
		}
		before := target
		switch {
		case capacity == 0:
			target = 400
			if left < 31 {
				lost = 1000
			}
		case target > capacity:
			target, reason = capacity*0.85, "capacity"
		case target < 4100 && capacity > 2500:
			target, reason = min(4100, target*1.08), "climb"
		}
		acked := min(target*0.95, capacity) * (1 + 0.05*math.Sin(float64(left)))
		e := showlog.Entry{
			At: end.Add(-time.Duration(left) * time.Second), UpMs: int64(number)*10_000_000 + int64(s)*1000, Show: number,
			TargetKbps: int(target), CapacityKbps: int(capacity), AckedKbps: int(acked), QueueMs: 38, RTTMs: 24,
			SourceKbps: 4200, OutKbps: int(acked), Mode: "pass", Width: 1280, Height: 720, FPS: 25, Reason: reason,
			Connected: true, OnAir: lost == 0, LostMs: lost, Bytes: int64(acked) * 125,
		}
		if target < 2500 {
			e.Mode, e.Width, e.Height = "transcode", 960, 540
		}
		if int(before) != int(target) {
			e.FromKbps = int(before)
		}
		if reason == "capacity" || reason == "outage" && before > 500 {
			e.QueueMs, e.RTTMs, e.Flush, e.Key = 820, 310, reason == "outage", true
		}
		entries = append(entries, e)
	}
	return entries
}
