package roster

import "time"

// said is a mark, and when there was last a row that it holds for; zero: nobody
// has looked yet.
type said struct {
	Mark
	seen time.Time
}

// ends tells whether the mark says what ends with the row.
func (s *said) ends() bool { return s.Owner != "" || s.AckedBy != "" }

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
		own = map[string]*said{}
		r.marks[scope.marks()] = own
	}
	own[m.Key] = &said{Mark: m}
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
		if s := r.marks[scope.marks()][key]; s != nil {
			m = s.Mark
		}
	}
	m.Key = key
	return m
}

// mark puts on a row what was said of it, and tells whether it is muted.
func (row *gathered) mark(marks map[string]*said, now time.Time) (muted bool) {
	if s := row.said(marks); s != nil {
		row.Owner, row.AckedBy, row.AckedAt, row.MutedUntil = s.Owner, s.AckedBy, s.AckedAt, s.MutedUntil
	}
	return row.MutedUntil.After(now)
}

// said is what was said of a row, or else of a group that it would belong to.
// What was said of 400 boxes goes on to hold for the last three of them.
func (row *gathered) said(marks map[string]*said) *said {
	keys := []string{row.Key}
	if row.Key[:1] == byNothing || row.Key[:1] == byBoth {
		keys = append(keys, row.first.of(byBoth).key(), row.first.of(byNetwork).key(), row.first.of(byVersion).key())
	}
	for _, key := range keys {
		if s := marks[key]; s != nil {
			return s
		}
	}
	return nil
}
