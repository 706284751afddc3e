package roster

import (
	"sync"
	"time"
)

// Rules are the patience of the fleet side. Zero fields mean the defaults.
type Rules struct {
	// LostLive is after how long a box that fell silent during a show needs
	// attention; default 3 min.
	LostLive time.Duration
	// LostIdle is the same for all others; default 24 h, since shops switch off
	// at night. LostIdleOf overrules it by tenant.
	LostIdle   time.Duration
	LostIdleOf map[string]time.Duration
	// NeverSeen is how long a box may be on the list without a word; default
	// 14 days, since parcels and shop fitters take their time.
	NeverSeen time.Duration
	// Most is how many boxes are kept; default 200,000. Beyond, messages of
	// boxes that are not known yet are not applied.
	Most int
}

// withDefaults fills the zero fields.
func (r Rules) withDefaults() Rules {
	if r.LostLive <= 0 {
		r.LostLive = 3 * time.Minute
	}
	if r.LostIdle <= 0 {
		r.LostIdle = 24 * time.Hour
	}
	if r.NeverSeen <= 0 {
		r.NeverSeen = 14 * 24 * time.Hour
	}
	if r.Most <= 0 {
		r.Most = 200_000
	}
	return r
}

// Roster is the present picture of all boxes. It is safe for many goroutines.
type Roster struct {
	rules Rules

	mu      sync.RWMutex
	boxes   map[place]*record
	all     []*record
	removed map[place]bool              // taken off the bank's list: what they say is not heard
	tenants map[string]*[statuses]int   // boxes by status
	words   map[string]string           // one copy of what many boxes have in common
	marks   map[string]map[string]*said // by scope and key
	settled []Said
	looked  time.Time // when it was last seen which rows there are
	rev     uint64
	hearing time.Time // since when messages arrive; zero: they do not
	told    chan struct{}
}

// place is the key of a box.
type place struct{ tenant, box string }

// New makes an empty roster, which does not hear the boxes yet.
func New(rules Rules) *Roster {
	return &Roster{
		rules:   rules.withDefaults(),
		boxes:   map[place]*record{},
		removed: map[place]bool{},
		tenants: map[string]*[statuses]int{},
		words:   map[string]string{},
		marks:   map[string]map[string]*said{},
	}
}

// Hear tells since when messages of boxes arrive here; the zero time says that
// they do not. While they do not, no silence is a box's fault, and none of it is
// held against a box later. now is the present time.
func (r *Roster) Hear(since, now time.Time) []Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hearing = since
	var changes []Change
	for _, b := range r.all {
		changes = r.advance(b, now, changes)
		changes = appendChange(changes, r.judge(b, now))
	}
	r.tell()
	return changes
}

// Tick lets time pass: silences, patience and quiet hours end, and what people
// said of rows that are gone. Call it about once a second. The changes are in no
// particular order.
func (r *Roster) Tick(now time.Time) []Change {
	changes := r.passed(now)
	r.settle(now)
	return changes
}

// passed judges all boxes whose time has come.
func (r *Roster) passed(now time.Time) []Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []Change
	before := r.rev
	for _, b := range r.all {
		changes = r.advance(b, now, changes)
	}
	if r.rev != before {
		r.tell()
	}
	return changes
}

// advance judges a box at each instant up to now at which time alone may have
// changed something.
func (r *Roster) advance(b *record, now time.Time, changes []Change) []Change {
	for at := b.next; !at.IsZero() && !at.After(now); at = b.next {
		changes = appendChange(changes, r.judge(b, at))
	}
	return changes
}

// Apply takes a message of a box in. Messages of one box and kind are to come in
// the order of their At; older ones are not kept.
func (r *Roster) Apply(u Update) Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, fresh := r.record(u.Tenant, u.Box)
	if b == nil {
		return Outcome{}
	}
	if !b.take(u, r.hearing, r.word) {
		return Outcome{New: fresh}
	}
	change := r.judge(b, u.At)
	r.tell()
	return Outcome{Kept: true, Change: change, New: fresh}
}

// judge draws the conclusions from what is known of a box, and counts it.
func (r *Roster) judge(b *record, at time.Time) *Change {
	if at.Before(b.judged) {
		at = b.judged // so that a box's changes stay in order
	}
	b.judged = at
	v := b.facts(r.hearing).judge(r.rules, at)
	b.verdict = v
	r.rev++
	b.rev = r.rev
	if v.status == b.status {
		if b.since.IsZero() {
			b.since = at
		}
		return nil
	}
	change := &Change{Tenant: b.tenant, Box: b.id, From: b.status, To: v.status, At: at}
	counts := r.tenants[b.tenant]
	counts[b.status.index()]--
	counts[v.status.index()]++
	b.status, b.since = v.status, at
	return change
}

// appendChange adds a change if there is one.
func appendChange(changes []Change, c *Change) []Change {
	if c == nil {
		return changes
	}
	return append(changes, *c)
}

// Remember says since when boxes have the status that they have, from a run
// before this one. What does not fit the present status is ignored.
func (r *Roster) Remember(last ...Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range last {
		if b, ok := r.boxes[place{c.Tenant, c.Box}]; ok && b.status == c.To && c.At.Before(b.since) {
			b.since = c.At
		}
	}
}

// Changed returns a channel that is closed when the picture changes next. Ask
// for it before you look, so that no change is missed.
func (r *Roster) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told == nil {
		r.told = make(chan struct{})
	}
	return r.told
}

// tell wakes those who wait for a change.
func (r *Roster) tell() {
	if r.told != nil {
		close(r.told)
		r.told = nil
	}
}
