// Package run starts, ends and restarts the blocking tasks that the appliance
// is made of.
package run

import "time"

// Defaults of a Backoff's zero fields.
const (
	DefaultFirst  = 250 * time.Millisecond
	DefaultMax    = 10 * time.Second
	DefaultSettle = 10 * time.Second
)

// Backoff says how long to wait between two lives of a task. Each wait is drawn
// evenly from zero to a limit that doubles from failure to failure ("full
// jitter": a hundred boxes behind one broken ingest must not come back in
// step). Zero fields mean the defaults.
type Backoff struct {
	// First is the limit of the first wait.
	First time.Duration
	// Max is where the limit stops doubling.
	Max time.Duration
	// Settle is how long a task must live for its earlier failures to be
	// forgotten.
	Settle time.Duration
}

// withDefaults fills the zero fields. A Max below First counts as First.
func (b Backoff) withDefaults() Backoff {
	if b.First <= 0 {
		b.First = DefaultFirst
	}
	if b.Max <= 0 {
		b.Max = DefaultMax
	}
	if b.Settle <= 0 {
		b.Settle = DefaultSettle
	}
	b.Max = max(b.Max, b.First)
	return b
}

// Limit is the longest wait after the given number of failures in a row,
// counted from 1.
func (b Backoff) Limit(failures int) time.Duration {
	b = b.withDefaults()
	limit := b.First
	for i := 1; i < failures && limit < b.Max; i++ {
		limit *= 2
	}
	return min(limit, b.Max)
}
