package roster

import (
	"time"

	"studiobox/provisioning/contract"
)

// List adds boxes of the bank's list, brings what is known of them up to date,
// or forgets those that were removed: nothing that such a box says brings it back.
func (r *Roster) List(now time.Time, boxes ...Listed) []Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []Change
	for _, l := range boxes {
		if l.Removed {
			r.drop(place{l.Tenant, l.Box})
			continue
		}
		delete(r.removed, place{l.Tenant, l.Box})
		b, _ := r.record(l.Tenant, l.Box)
		if b == nil {
			continue
		}
		b.list(l, r.word)
		changes = appendChange(changes, r.judge(b, now))
	}
	r.tell()
	return changes
}

// drop forgets a box.
func (r *Roster) drop(at place) {
	r.removed[at] = true
	b, ok := r.boxes[at]
	if !ok {
		return
	}
	last := r.all[len(r.all)-1]
	r.all[b.index], last.index = last, b.index
	r.all[len(r.all)-1] = nil
	r.all = r.all[:len(r.all)-1]
	delete(r.boxes, at)
	r.tenants[b.tenant][b.status.index()]--
	r.rev++
}

// record finds a box or makes one; nil when it was removed, or there is no room
// for another.
func (r *Roster) record(tenant, id string) (b *record, fresh bool) {
	if b, ok := r.boxes[place{tenant, id}]; ok {
		return b, false
	}
	if r.removed[place{tenant, id}] || len(r.all) >= r.rules.Most || contract.CheckTenant(tenant) != nil || contract.CheckBox(id) != nil {
		return nil, false
	}
	b = &record{tenant: r.word(tenant), id: id, status: NeverSeen, index: len(r.all)}
	b.fold()
	r.boxes[place{b.tenant, id}] = b
	r.all = append(r.all, b)
	if r.tenants[b.tenant] == nil {
		r.tenants[b.tenant] = &[statuses]int{}
	}
	r.tenants[b.tenant][b.status.index()]++
	return b, true
}

// mostWords bounds the words that many boxes have in common. Whoever sends ever
// new ones costs memory once, in his own record.
const mostWords = 20_000

// word gives equal texts one memory.
func (r *Roster) word(text string) string {
	if known, ok := r.words[text]; ok {
		return known
	}
	if len(r.words) < mostWords {
		r.words[text] = text
	}
	return text
}
