package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"studiobox/firmware/bench/score"
)

// Ours is the name of this project's own rule; all others are rivals.
const Ours = "box"

// ruleNames are the rules in the order in which they are shown, with the names
// that people know.
var ruleNames = [...][2]string{
	{Ours, "studiobox"}, {"gcc", "GCC"}, {"belabox", "BELABOX"}, {"obs", "OBS"}, {"larix", "Larix"}, {"fixed", "fixed"},
}

// row is one run of a line.
type row struct {
	*score.Result
	label string
}

// group is all runs of one line: what is compared with each other.
type group struct {
	line string
	rows []row
}

// groups sorts results by line, in the order in which lines first come.
func groups(results []score.Result) []group {
	var all []group
	for i := range results {
		r := &results[i]
		at := slices.IndexFunc(all, func(g group) bool { return g.line == r.Line })
		if at < 0 {
			at, all = len(all), append(all, group{line: r.Line})
		}
		all[at].rows = append(all[at].rows, row{Result: r})
	}
	for _, g := range all {
		slices.SortStableFunc(g.rows, func(a, b row) int {
			return cmp.Or(cmp.Compare(rank(a.Rule), rank(b.Rule)), cmp.Compare(a.Rule, b.Rule))
		})
		g.name()
	}
	return all
}

// name labels the rows: with their transport where it is not the first row's
// or tells two apart, and with their seed where that is all that does.
func (g group) name() {
	for i := range g.rows {
		r := &g.rows[i]
		r.label = ruleName(r.Rule)
		many := g.count(func(o row) bool { return o.Rule == r.Rule && o.Transport != r.Transport }) > 0
		if many || r.Transport != g.rows[0].Transport {
			r.label += " " + r.Transport
		}
		if g.count(func(o row) bool { return o.Rule == r.Rule && o.Transport == r.Transport }) > 1 {
			r.label += fmt.Sprintf(" #%d", r.Seed)
		}
	}
}

func (g group) count(is func(row) bool) int {
	n := 0
	for _, r := range g.rows {
		if is(r) {
			n++
		}
	}
	return n
}

func rank(rule string) int {
	if at := slices.IndexFunc(ruleNames[:], func(n [2]string) bool { return n[0] == rule }); at >= 0 {
		return at
	}
	return len(ruleNames)
}

func ruleName(rule string) string {
	if at := rank(rule); at < len(ruleNames) {
		return ruleNames[at][1]
	}
	return rule
}

func (r row) ours() bool { return r.Rule == Ours }

// any is the first run that was judged, for what all runs of a line share.
func (g group) any() *score.Result {
	for _, r := range g.rows {
		if judged(r.Result) {
			return r.Result
		}
	}
	return nil
}

// ours are our own runs that were judged, rivals those of the others.
func (g group) ours() []row   { return g.only(row.ours) }
func (g group) rivals() []row { return g.only(func(r row) bool { return !r.ours() }) }

func (g group) only(is func(row) bool) []row {
	var some []row
	for _, r := range g.rows {
		if is(r) && judged(r.Result) {
			some = append(some, r)
		}
	}
	return some
}

// rival is the run of a rule, over our transport where there is one.
func (g group) rival(rule, transport string) *score.Result {
	var found *score.Result
	for _, r := range g.rivals() {
		if r.Rule == rule && (found == nil || r.Transport == transport) {
			found = r.Result
		}
	}
	return found
}

// drawn are the runs that figures show: all of ours and of each rival the first.
func (g group) drawn() []row {
	var some []row
	for _, r := range g.only(func(row) bool { return true }) {
		if r.ours() || !slices.ContainsFunc(some, func(o row) bool { return o.Rule == r.Rule }) {
			some = append(some, r)
		}
	}
	return some
}

// outage tells whether the line was dark for half a second or more.
func (g group) outage() bool { r := g.any(); return r != nil && len(r.Blackouts) > 0 }

// constant tells whether the line's capacity stood still wherever it was not dark.
func (g group) constant() bool {
	const spread = 0.05
	r := g.any()
	if r == nil {
		return false
	}
	least, most := math.Inf(1), 0.0
	curve := r.Series.CapacityKbps
	for i, kbps := range curve {
		beside := i > 0 && curve[i-1] == 0 || i+1 < len(curve) && curve[i+1] == 0
		if kbps > 0 && !beside { // a tick beside the dark may be half dark
			least, most = min(least, kbps), max(most, kbps)
		}
	}
	return most > 0 && most-least <= spread*most
}

// about says in words what kind of line it is.
func (g group) about() string {
	r := g.any()
	if r == nil {
		return "no run of this line was judged"
	}
	parts := []string{fmt.Sprintf("%.0f kbit/s on average", r.CapacityKbps), fmt.Sprintf("%.0f s", r.To)}
	for _, b := range r.Blackouts {
		if len(r.Blackouts) > 3 {
			parts = append(parts, fmt.Sprintf("%d outages", len(r.Blackouts)))
			break
		}
		parts = append(parts, fmt.Sprintf("dark for %.1f s", b.Seconds))
	}
	if r.LossPercent > 0 {
		parts = append(parts, fmt.Sprintf("%g %% loss", r.LossPercent))
	}
	if r.Shared {
		parts = append(parts, "shared with a long TCP flow")
	}
	if r.SlowIngest {
		parts = append(parts, "the ingest reads slowly")
	}
	return strings.Join(append(parts, fmt.Sprintf("seed %d", r.Seed)), ", ")
}
