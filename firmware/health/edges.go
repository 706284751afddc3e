package health

import "time"

// calm is how long a condition must be gone before it counts as over: one that
// comes and goes ten times a second is one event, not twenty.
const calm = 5 * time.Second

// Edge is a condition that began or ended.
type Edge struct {
	Condition
	Ended bool
}

// Edges turns the list of what holds now into what began and what ended. It has
// no clock and no lock. The zero Edges knows of no condition.
type Edges struct {
	told map[string]told
}

// told is a condition whose beginning was told.
type told struct {
	condition Condition
	seen      time.Time // when it last held
}

// Step compares with what was told before. The list is that of [Tracker.Active];
// patience at the beginning is the tracker's, at the end it is calm's.
func (e *Edges) Step(active []Condition, now time.Time) (edges []Edge) {
	for _, c := range active {
		if _, known := e.told[c.Code]; !known {
			edges = append(edges, Edge{Condition: c})
		}
		if e.told == nil {
			e.told = map[string]told{}
		}
		e.told[c.Code] = told{c, now}
	}
	if len(e.told) == len(active) {
		return edges
	}
	for code, t := range e.told {
		if now.Sub(t.seen) >= calm {
			delete(e.told, code)
			edges = append(edges, Edge{Condition: t.condition, Ended: true})
		}
	}
	return edges
}
