package roster

// Status is what a box is doing, in one word.
type Status string

// The statuses. A box has exactly one: the first of this list's order in
// [judge] that fits.
const (
	Live        Status = "live"        // on air, and the stream flows
	Degraded    Status = "degraded"    // on air, but worse than it should be, or the stream is dead
	Ready       Status = "ready"       // connected, not on air
	Offline     Status = "offline"     // was here, is not
	NeverSeen   Status = "never_seen"  // on the list, has not spoken yet
	Updating    Status = "updating"    // loads, installs or restarts for an update
	RolledBack  Status = "rolled_back" // back on the old version after an update failed
	Quarantined Status = "quarantined" // shut out by ops
)

// Statuses are all of them, in the order of the page's strip of counts.
func Statuses() []Status {
	return []Status{Live, Degraded, Ready, Offline, NeverSeen, Updating, RolledBack, Quarantined}
}

// Counts is how many boxes have each status. Every status is there.
type Counts map[Status]int

// Total is the number of all boxes.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Tally is how many boxes of a tenant have a status and a version.
type Tally struct {
	Tenant  string
	Status  Status
	Version string // empty: not known
	Boxes   int
}
