package health

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Tracker turns reports of single observations into the list of conditions
// worth showing. It has no clock: times are passed in and should carry a
// monotonic reading, so that patience survives a correction of the clock. Safe
// for use by several goroutines.
type Tracker struct {
	mu  sync.Mutex
	def map[string]Definition
	bad map[string]Condition
}

// NewTracker tracks the given conditions; see [Definitions]. Nothing is bad yet.
func NewTracker(definitions []Definition) *Tracker {
	t := &Tracker{def: map[string]Definition{}, bad: map[string]Condition{}}
	for _, d := range definitions {
		t.def[d.Code] = d
	}
	return t
}

// Report says whether a condition holds as of now. The detail carries figures
// or names, never a sentence; the newest one is kept. A code that was not
// defined counts as a fault without patience: better seen than lost.
func (t *Tracker) Report(code string, bad bool, detail string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !bad {
		delete(t.bad, code)
		return
	}
	c, already := t.bad[code]
	if !already {
		c = Condition{Code: code, Severity: t.definition(code).Severity, Since: now}
	}
	c.Detail = detail
	t.bad[code] = c
}

// Active lists the conditions to show, worst first and then oldest first. One
// that follows from another is left out as soon as the other is bad, even while
// the other's patience runs: a consequence must not flash up before its cause.
func (t *Tracker) Active(now time.Time) []Condition {
	t.mu.Lock()
	defer t.mu.Unlock()
	active := []Condition{}
	for code, c := range t.bad {
		if now.Sub(c.Since) >= t.definition(code).Patience && !t.explained(code) {
			active = append(active, c)
		}
	}
	slices.SortFunc(active, func(a, b Condition) int {
		return cmp.Or(
			cmp.Compare(rank(a.Severity), rank(b.Severity)),
			a.Since.Compare(b.Since),
			cmp.Compare(a.Code, b.Code),
		)
	})
	return active
}

// definition looks a code up.
func (t *Tracker) definition(code string) Definition {
	if d, ok := t.def[code]; ok {
		return d
	}
	return Definition{Code: code, Severity: Fault}
}

// explained tells whether a condition that this one depends on is bad.
func (t *Tracker) explained(code string) bool {
	return slices.ContainsFunc(t.definition(code).DependsOn, func(cause string) bool {
		_, bad := t.bad[cause]
		return bad
	})
}

// rank orders severities, worst first.
func rank(severity string) int {
	switch severity {
	case Fault:
		return 0
	case Warn:
		return 1
	}
	return 2
}
