package roster

import "time"

const (
	// markPatience is for how long a row must have been gone for its owner and its
	// "seen" to be over: a condition that comes and goes is one trouble.
	markPatience = 15 * time.Minute
	// settleEvery is how often it is looked at which rows there are.
	settleEvery = time.Minute
)

// Said is what time did to a mark.
type Said struct {
	Scope Scope
	Mark  Mark
	Over  bool // Owner and Acked of Mark are over; else a row took Mark over from its group
}

// Settled tells what time did to marks since it was asked last, for
// [book.Book.Settle].
func (r *Roster) Settled() []Said {
	r.mu.Lock()
	defer r.mu.Unlock()
	settled := r.settled
	r.settled = nil
	return settled
}

// settle ends what was said of rows that are gone, about once a minute, and gives
// rows that have left their group a mark of their own.
func (r *Roster) settle(now time.Time) {
	rows := r.marked(now)
	if rows == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looked = now
	before := len(r.settled)
	for name, of := range rows {
		scope := Scope{All: name == "", Tenant: name}
		r.inherit(scope, of, now)
		r.end(scope, now)
	}
	if len(r.settled) > before {
		r.tell()
	}
}

// marked are the rows of every scope that has marks; nil when it is not time yet.
func (r *Roster) marked(now time.Time) map[string][]*gathered {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if age := now.Sub(r.looked); age < settleEvery && age >= 0 || len(r.marks) == 0 {
		return nil
	}
	all := map[string]*grouping{}
	for name, marks := range r.marks {
		if len(marks) > 0 {
			all[name] = newGrouping()
		}
	}
	for _, b := range r.all { // once, however many scopes there are
		for _, name := range []string{"", b.tenant} {
			if g := all[name]; g != nil {
				g.count(b)
			}
		}
	}
	rows := make(map[string][]*gathered, len(all))
	for name, g := range all {
		rows[name] = g.gather()
	}
	return rows
}

// inherit notes which marks have their row.
func (r *Roster) inherit(scope Scope, rows []*gathered, now time.Time) {
	own := r.marks[scope.marks()]
	for _, row := range rows {
		s := row.said(own)
		if s == nil {
			continue
		}
		if s.Key != row.Key && s.ends() {
			s = &said{Mark: s.Mark}
			s.Key = row.Key
			own[row.Key] = s
			r.settled = append(r.settled, Said{Scope: scope, Mark: s.Mark})
		}
		if s.Key == row.Key {
			s.seen = now
		}
	}
}

// end ends marks whose row has been gone for too long.
func (r *Roster) end(scope Scope, now time.Time) {
	own := r.marks[scope.marks()]
	for key, s := range own {
		if s.seen.IsZero() {
			s.seen = now // the row may be on its way: this console may just have begun
		}
		if s.ends() && now.Sub(s.seen) > markPatience {
			r.settled = append(r.settled, Said{Scope: scope, Mark: s.Mark, Over: true})
			s.Owner, s.AckedBy, s.AckedAt = "", "", time.Time{}
		}
		if !s.ends() && !s.MutedUntil.After(now) {
			delete(own, key)
		}
	}
}
