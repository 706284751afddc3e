package spool

import (
	"fmt"

	"studiobox/provisioning/contract"
)

// tally is what an events_folded event tells: which events it stands for.
type tally struct {
	first, last    uint64 // numbers; meaningless while events is 0
	events, alarms int
}

// count takes in an event that got no number yet.
func (t *tally) count(e contract.Event) {
	t.events++
	if isAlarm(e) {
		t.alarms++
	}
}

// span widens the range of numbers. Events within it that were kept may still
// come: whoever has them needs no explanation.
func (t *tally) span(first, last uint64) {
	if t.first == 0 || first < t.first {
		t.first = first
	}
	t.last = max(t.last, last)
}

// absorb takes in what an earlier event told, in whose place this one comes, and
// that event's own number.
func (t *tally) absorb(told contract.Event) {
	var events, alarms int
	if _, err := fmt.Sscanf(told.Det, detail, &events, &alarms); err == nil && told.Folded != nil {
		t.events += events
		t.alarms += alarms
		t.span(told.Folded[0], told.N)
	}
}

// detail is the Det of an events_folded event.
const detail = "events=%d alarms=%d"

// event tells the tally.
func (t *tally) event(now int64) contract.Event {
	return contract.Event{
		TS: now, Code: contract.EventFolded, Sev: contract.SeverityInfo,
		Det: fmt.Sprintf(detail, t.events, t.alarms), Folded: &[2]uint64{t.first, t.last},
	}
}

// letter is how an event's record begins.
func letter(e contract.Event) byte {
	switch {
	case e.Folded != nil:
		return letterFold
	case isAlarm(e):
		return letterAlarm
	}
	return letterInfo
}

// isAlarm tells whether somebody may have to act on the event. Alarms are kept
// longer than infos.
func isAlarm(e contract.Event) bool {
	return e.Sev == contract.SeverityWarn || e.Sev == contract.SeverityFault
}
