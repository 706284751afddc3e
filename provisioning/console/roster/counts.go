package roster

import (
	"cmp"
	"slices"
)

// statuses is how many statuses there are.
const statuses = 8

// index is the place of a status in Statuses.
func (s Status) index() int { return slices.Index(Statuses(), s) }

// Counts tells how many boxes of the scope have each status.
func (r *Roster) Counts(scope Scope) Counts {
	var sum [statuses]int
	r.mu.RLock()
	for tenant, numbers := range r.tenants {
		if !scope.Sees(tenant) {
			continue
		}
		for i, n := range numbers {
			sum[i] += n
		}
	}
	r.mu.RUnlock()
	return countsOf(&sum)
}

// countsOf names the numbers.
func countsOf(numbers *[statuses]int) Counts {
	counts := make(Counts, statuses)
	for i, status := range Statuses() {
		counts[status] = numbers[i]
	}
	return counts
}

// CountsByTenant is Counts of each tenant in the scope.
func (r *Roster) CountsByTenant(scope Scope) map[string]Counts {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := map[string]Counts{}
	for tenant, numbers := range r.tenants {
		if scope.Sees(tenant) {
			all[tenant] = countsOf(numbers)
		}
	}
	return all
}

// Tallies counts the boxes of the scope by tenant, status and version, sorted.
func (r *Roster) Tallies(scope Scope) []Tally {
	if scope.none() {
		return nil
	}
	r.mu.RLock()
	counts := map[Tally]int{}
	for _, b := range r.all {
		if scope.Sees(b.tenant) {
			counts[Tally{Tenant: b.tenant, Status: b.status, Version: b.version()}]++
		}
	}
	r.mu.RUnlock()
	tallies := make([]Tally, 0, len(counts))
	for t, n := range counts {
		t.Boxes = n
		tallies = append(tallies, t)
	}
	slices.SortFunc(tallies, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Status.index(), b.Status.index()), cmp.Compare(a.Version, b.Version))
	})
	return tallies
}

// Box is one box; false when it is not known, or not in the scope.
func (r *Roster) Box(scope Scope, tenant, id string) (Box, bool) {
	if !scope.Sees(tenant) {
		return Box{}, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	b, ok := r.boxes[place{tenant, id}]
	if !ok {
		return Box{}, false
	}
	return b.box(), true
}

// Rev rises with every change of the picture: equal ones promise that no box
// changed in between.
func (r *Roster) Rev() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.rev
}

// LostMessages counts the health messages of the scope that never arrived.
func (r *Roster) LostMessages(scope Scope) uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	total := uint64(0)
	for _, b := range r.all {
		if scope.Sees(b.tenant) {
			total += b.lost
		}
	}
	return total
}
