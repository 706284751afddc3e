package roster

import (
	"cmp"
	"slices"
	"time"
)

const (
	mostRows   = 50
	mostSample = 5
	mostMuted  = 10
	// leastGroup is from how many boxes on a group is one row. Fewer are shown
	// one by one: each is then somebody's phone call.
	leastGroup = 5
)

// Attention is what needs a human of the scope now.
//
// Boxes with the same cause, network and version are one row when there are at
// least 5 of them, and otherwise one row each. When a cause holds at half or
// more of a network's boxes (and at 5 at least) the network is the explanation,
// and all of them are one row whatever their version; else the same for half or
// more of a version's boxes, whatever their network.
func (r *Roster) Attention(scope Scope, now time.Time) Attention {
	if scope.none() {
		return Attention{}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.group(scope)
	marks := r.marks[scope.marks()]
	var out Attention
	var rows, muted []*gathered
	for _, row := range g.gather() {
		if len(marks) > 0 && row.mark(marks, now) {
			muted = append(muted, row)
			continue
		}
		rows = append(rows, row)
	}
	out.Rows, out.MutedRows = worst(rows, mostRows), worst(muted, mostMuted)
	out.More, out.Muted = len(rows)-len(out.Rows), len(muted)
	out.Sums = sum(rows)
	return out
}

// group finds what the boxes of the scope have in common.
func (r *Roster) group(scope Scope) *grouping {
	g := newGrouping()
	for _, b := range r.all {
		if scope.Sees(b.tenant) {
			g.count(b)
		}
	}
	return g
}

// sum adds rows up.
func sum(rows []*gathered) Sums {
	s := Sums{Rows: map[string]int{}, Boxes: map[string]int{}}
	dead := map[*record]bool{} // each once, though two conditions may stop its show
	for _, row := range rows {
		s.Rows[row.Severity]++
		s.Boxes[row.Cause] += row.Boxes
		for _, b := range row.dead {
			dead[b] = true
		}
	}
	s.Dead = len(dead)
	return s
}

// worst are the first rows in the order of harm; nil when there are none.
func worst(rows []*gathered, most int) []Row {
	slices.SortFunc(rows, func(a, b *gathered) int { return a.compare(b.Row) })
	var out []Row
	for _, row := range rows[:min(len(rows), most)] {
		out = append(out, row.Row)
	}
	return out
}

// compare sorts rows: most harm first, then most boxes, then longest since.
func (row Row) compare(other Row) int {
	return cmp.Or(cmp.Compare(row.Harm, other.Harm), cmp.Compare(other.Boxes, row.Boxes),
		row.Since.Compare(other.Since), cmp.Compare(row.Key, other.Key))
}
