package roster

import "time"

// SetMark keeps what people of the scope say of a row; a mark that says nothing
// is forgotten. Marks are the scope's own: a bank and central ops do not see or
// move each other's.
func (r *Roster) SetMark(scope Scope, m Mark) {
	if scope.none() || m.Key == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	own := r.marks[scope.marks()]
	if own == nil {
		own = map[string]Mark{}
		r.marks[scope.marks()] = own
	}
	own[m.Key] = m
	if m == (Mark{Key: m.Key}) {
		delete(own, m.Key)
	}
	r.tell()
}

// Mark is what people of the scope say of a row.
func (r *Roster) Mark(scope Scope, key string) Mark {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m := Mark{}
	if !scope.none() {
		m = r.marks[scope.marks()][key]
	}
	m.Key = key
	return m
}

// mark puts on a row what was said of it, or else of a group that it would
// belong to, and tells whether it is muted. What was said of 400 boxes goes on
// to hold for the last three of them.
func (row *gathered) mark(marks map[string]Mark, now time.Time) (muted bool) {
	keys := []string{row.Key}
	if row.Key[:1] == byNothing || row.Key[:1] == byBoth {
		keys = append(keys, row.first.of(byBoth).key(), row.first.of(byNetwork).key(), row.first.of(byVersion).key())
	}
	for _, key := range keys {
		if m, ok := marks[key]; ok {
			row.Owner, row.AckedBy, row.AckedAt, row.MutedUntil = m.Owner, m.AckedBy, m.AckedAt, m.MutedUntil
			break
		}
	}
	return row.MutedUntil.After(now)
}
