package roster

import (
	"time"

	"studiobox/provisioning/contract/condition"
)

// The causes of updates that went wrong, as the box's ota message tells them.
const (
	UpdateUndone = condition.RolledBack
	UpdateFailed = condition.UpdateFailed
)

// The harms of a row, worst first.
const (
	HarmStreamDead = 1 // a show is on, and nobody sees it
	HarmOnAir      = 2 // a show was or is on air, and a fault concerns it
	HarmFault      = 3 // a fault; no show
	HarmOnAirWarn  = 4 // a show goes on, but worse than it could
	HarmWarn       = 5 // a warning; no show
	HarmInfo       = 6 // a notice: nothing is broken
)

// Row is one line of what needs attention: one box, or many with one cause.
type Row struct {
	Key      string // names the row in marks; stable while the row exists
	Cause    string // code of a condition
	Severity string
	Harm     int    // 1 to 6, see HarmStreamDead
	Network  string // of all its boxes; empty: of several, or not known
	Version  string // the same
	Group    bool   // many boxes in one row; Filter finds them
	Since    time.Time
	Boxes    int
	Live     int   // of these are on air, or were when they fell silent
	Sample   []Ref // up to 5, by id

	Owner      string // who looks after it; empty: nobody
	AckedBy    string // who has seen it; empty: nobody
	AckedAt    time.Time
	MutedUntil time.Time

	filter Filter
}

// Filter finds the row's boxes with [Roster.Search].
func (r Row) Filter() Filter { return r.filter }

// Attention is what needs a human now.
type Attention struct {
	Rows  []Row // at most 50, most harm first
	More  int   // rows that did not fit
	Muted int   // rows that somebody muted, not among Rows
	Sums  Sums  // of Rows and of those that did not fit
	// MutedRows are the first 10 of those, most harm first, so that what was
	// muted can be seen and unmuted.
	MutedRows []Row
}

// Sums add up the rows that are not muted, however many they are.
type Sums struct {
	Rows  map[string]int // by severity
	Boxes map[string]int // by cause
	// Dead is the number of boxes with a show that nobody sees, whatever the
	// cause.
	Dead int
}

// Mark is what people say of a row. Owner and Acked end with the row, when it was
// gone for a quarter of an hour; MutedUntil holds for a row that comes back.
type Mark struct {
	Key        string // Row.Key
	Owner      string
	AckedBy    string
	AckedAt    time.Time
	MutedUntil time.Time
}
