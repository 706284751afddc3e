package showlog

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Entries are all that is known of a show, in order; empty for an unknown one.
func (l *Log) Entries(show int) []Entry {
	l.card.Lock()
	defer l.card.Unlock()
	return l.entries(show)
}

// entries is called under card, so that no entry is on its way there.
func (l *Log) entries(show int) []Entry {
	var all []Entry
	if l.store != nil {
		all = l.store.read(show)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	rest := l.pending
	if l.store == nil || l.store.broken != nil {
		rest = l.recent
	}
	for _, e := range rest {
		if e.Show == show {
			all = append(all, e)
		}
	}
	return ordered(all)
}

// Report is made anew each time, also for the show that runs; false where
// nothing is known of the show.
func (l *Log) Report(show int) (Report, bool) {
	now, running := l.now()
	entries := l.Entries(show)
	if len(entries) == 0 {
		return Report{}, false
	}
	r := Of(entries)
	r.Running = running && now.Show == show
	return r, true
}

// Shows sums up the shows that are kept, newest first.
func (l *Log) Shows() []Summary {
	l.card.Lock()
	defer l.card.Unlock()
	var shows []Summary
	for _, show := range l.numbers() {
		if summary, ok := l.summary(show); ok {
			shows = append(shows, summary)
		}
	}
	return shows
}

// summary is called under card. What ended is read but once.
func (l *Log) summary(show int) (Summary, bool) {
	if now, ok := l.now(); ok && now.Show == show {
		return now, true
	}
	if known, ok := l.known[show]; ok {
		return known, true
	}
	entries := l.entries(show)
	if len(entries) == 0 {
		return Summary{}, false
	}
	var sum tally
	for _, e := range entries {
		sum.add(e)
	}
	l.known[show] = sum.summary()
	return l.known[show], true
}

// now sums up the show that runs, if there is one.
func (l *Log) now() (Summary, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.running == nil {
		return Summary{}, false
	}
	summary := l.running.summary()
	summary.Running = true
	return summary, true
}

// numbers are the shows on the card and in memory, newest first.
func (l *Log) numbers() []int {
	var numbers []int
	if l.store != nil {
		for _, p := range l.store.parts() {
			numbers = append(numbers, p.show)
		}
	}
	l.mutex.Lock()
	for _, e := range l.recent {
		numbers = append(numbers, e.Show)
	}
	l.mutex.Unlock()
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	slices.Reverse(numbers)
	return numbers
}

// read collects the parts of a show. A part that cannot be read is as if it
// were not there.
func (s *store) read(show int) []Entry {
	var all []Entry
	for _, p := range s.parts() {
		if p.show != show {
			continue
		}
		file, err := os.Open(filepath.Join(s.dir, p.name()))
		if err != nil {
			continue
		}
		all = append(all, parse(io.LimitReader(file, s.most), show)...)
		_ = file.Close()
	}
	return all
}

// parse reads JSON lines. A line that is none, such as the last one before a
// power cut, is skipped.
func parse(from io.Reader, show int) []Entry {
	var all []Entry
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		var e Entry
		if json.Unmarshal(bytes.TrimSpace(line), &e) == nil && e.sane() {
			e.Show = show
			all = append(all, e)
		}
		if err != nil {
			return all
		}
	}
}

// sane refuses what no sampler has written.
func (e Entry) sane() bool {
	const most = 1 << 40
	for _, figure := range []int64{
		e.UpMs, int64(e.LostMs), e.Bytes, int64(e.TargetKbps), int64(e.FromKbps), int64(e.CapacityKbps), int64(e.AckedKbps),
		int64(e.QueueMs), int64(e.RTTMs), int64(e.SourceKbps), int64(e.OutKbps), int64(e.Width), int64(e.Height), int64(e.FPS),
	} {
		if figure < 0 || figure > most {
			return false
		}
	}
	return !e.At.IsZero() && e.Loss >= 0 && e.Loss <= 1
}

// ordered puts the entries of one show in the order in which they happened, and
// their clocks right: the newest entry's is believed, since a clock that jumps
// during a show is one that was set by the network.
func ordered(entries []Entry) []Entry {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.UpMs, b.UpMs) })
	entries = slices.CompactFunc(entries, func(a, b Entry) bool { return a.UpMs == b.UpMs })
	if len(entries) == 0 {
		return nil
	}
	newest := entries[len(entries)-1]
	for i := range entries {
		entries[i].At = newest.At.Add(-time.Duration(newest.UpMs-entries[i].UpMs) * time.Millisecond)
	}
	return entries
}
