package showlog

import "time"

// hole is a gap between two entries of a show of which nothing is known: a card
// that failed, or a part that was dropped to make room.
const hole = 5 * time.Second

// Summary is a show in one line.
type Summary struct {
	Show int
	// From and To are the first and the last entry.
	From, To time.Time
	Running  bool
	// Duration is all of it, OnAir the part with media acknowledged, Lost what
	// a viewer did not see (see [Step]), Unrecorded what nothing is known of.
	Duration, OnAir, Lost, Unrecorded time.Duration
	Bytes                             int64
}

// span is the time between two entries, and what it counts for.
type span struct {
	at           Entry // as it was during the span
	length, lost time.Duration
	known        bool
}

// tally sums up entries one by one, in order.
type tally struct {
	total Summary
	last  Entry
	begun bool
}

// add counts one more entry and returns the span that it closes. An entry that
// is not later than the one before closes none.
func (t *tally) add(e Entry) (span, bool) {
	if !t.begun {
		t.begun, t.last = true, e
		t.total.Show, t.total.From, t.total.To = e.Show, e.At, e.At
		return span{}, false
	}
	passed := time.Duration(e.UpMs-t.last.UpMs) * time.Millisecond
	if passed <= 0 {
		return span{}, false
	}
	s := span{at: t.last, length: passed, known: passed <= hole}
	t.last = e
	t.total.To = e.At
	t.total.Duration += passed
	t.total.Bytes += e.Bytes
	if !s.known {
		t.total.Unrecorded += passed
		return s, true
	}
	s.lost = min(passed, time.Duration(e.LostMs)*time.Millisecond)
	t.total.Lost += s.lost
	if s.at.OnAir {
		t.total.OnAir += passed
	}
	return s, true
}

// summary is the sum so far. A clock that was set meanwhile is believed.
func (t *tally) summary() Summary {
	s := t.total
	s.From = s.To.Add(-s.Duration)
	return s
}
