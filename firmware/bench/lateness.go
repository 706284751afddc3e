package main

import (
	"slices"
	"time"
)

// tooLate is the lateness, at the 99th percentile, from which on a run tells
// more of this machine's load than of the rule.
const tooLate = 10 * time.Millisecond

// lateness says how late a process with a timetable was, in milliseconds.
type lateness struct {
	P50Ms float64 `json:"p50Ms"`
	P99Ms float64 `json:"p99Ms"`
	MaxMs float64 `json:"maxMs"`
}

func (l lateness) spoils() bool { return l.P99Ms > float64(tooLate.Milliseconds()) }

// latenesses are those of one run.
type latenesses []time.Duration

func (l *latenesses) add(late time.Duration) { *l = append(*l, late) }

func (l latenesses) sum() lateness {
	if len(l) == 0 {
		return lateness{}
	}
	sorted := slices.Sorted(slices.Values(l))
	at := func(percent int) float64 {
		return float64(sorted[(len(sorted)-1)*percent/100].Microseconds()) / 1000
	}
	return lateness{P50Ms: at(50), P99Ms: at(99), MaxMs: at(100)}
}
