package roster

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"studiobox/provisioning/contract/condition"
)

// The number of boxes on one page of a search.
const (
	defaultPage = 50
	mostPage    = 5000
)

// Search finds boxes of the scope, a page at a time. The cursor is empty for the
// first page and then [Found.Next] of the one before; one that cannot be read
// begins anew. limit is bounded to 1 to 5000; 0 means 50. Boxes that come and go
// between two pages shift nothing; with the orders that change by themselves a
// box may show on two pages or none.
func (r *Roster) Search(scope Scope, f Filter, cursor string, limit int) Found {
	if scope.none() {
		return Found{}
	}
	if limit <= 0 {
		limit = defaultPage
	}
	p := page{limit: min(limit, mostPage), after: readCursor(cursor, f.Sort)}
	words := strings.Fields(strings.ToLower(f.Text))
	r.mu.RLock()
	defer r.mu.RUnlock()
	fits := r.among(scope, f)
	for _, b := range r.all {
		if scope.Sees(b.tenant) && f.fits(b, words) && fits(b) {
			p.add(position{sortKey: keyOf(b, f.Sort), box: b})
		}
	}
	found := Found{Total: p.total}
	rest := p.cut()
	for _, at := range p.best {
		found.Boxes = append(found.Boxes, at.box.box())
	}
	if rest {
		found.Next = p.best[len(p.best)-1].cursor(f.Sort)
	}
	return found
}

// fits tells whether a box is wanted.
func (f Filter) fits(b *record, words []string) bool {
	if f.Tenant != "" && f.Tenant != b.tenant || f.Status != "" && f.Status != string(b.status) ||
		!named(f.Network, b.listed.network) && f.Network != Others || !named(f.Version, b.version()) {
		return false
	}
	if f.Cause != "" && !b.suffers(f.Cause) {
		return false
	}
	for _, word := range words {
		if !strings.Contains(b.text, word) {
			return false
		}
	}
	return true
}

// named tells whether a property is the wanted one; an empty wish takes all.
func named(want, is string) bool { return want == "" || want == is || want == None && is == "" }

// among is what the filter's Others asks for beside [Filter.fits]: it needs to
// know all boxes of the scope.
func (r *Roster) among(scope Scope, f Filter) func(*record) bool {
	if f.Network != Others || f.Cause == "" {
		return func(*record) bool { return true }
	}
	g := r.group(scope)
	return func(b *record) bool { return g.others(b, f.Cause) }
}

// suffers tells whether a box needs attention for that cause, or is present and
// reports the notice. Of conditions that another one explains, the other is told.
func (b *record) suffers(code string) bool {
	return b.needs(code) || b.on && slices.ContainsFunc(b.conditions, func(c Condition) bool {
		return c.Code == code && c.Severity == condition.Info
	})
}

// needs tells whether a box needs attention for that cause.
func (b *record) needs(code string) bool {
	return slices.ContainsFunc(b.causes, func(c cause) bool { return c.code == code })
}

// sortKey is the place of a box in an order: by number, by text, and then by its
// name.
type sortKey struct {
	number           int64
	text, tenant, id string
}

// keyOf is a box's place in the order.
func keyOf(b *record, sort string) sortKey {
	key := sortKey{tenant: b.tenant, id: b.id}
	switch sort {
	case ByBusiness:
		key.text = b.listed.business
	case ByPlace:
		key.text = b.listed.place
	case ByNetwork:
		key.text = b.listed.network
	case ByVersion:
		key.text = b.version()
	case ByStatus:
		key.number = int64(b.status.index())
	case BySince:
		key.number = -b.since.UnixMilli()
	case BySeen:
		key.number = -b.seen.UnixMilli()
	}
	return key
}

func (k sortKey) compare(other sortKey) int {
	return cmp.Or(cmp.Compare(k.number, other.number), strings.Compare(k.text, other.text),
		strings.Compare(k.tenant, other.tenant), strings.Compare(k.id, other.id))
}

// position is a box in an order.
type position struct {
	sortKey
	box *record
}

// bookmark is a page's end, as the address of the page carries it.
type bookmark struct {
	Sort   string `json:"s,omitempty"`
	Number int64  `json:"n,omitempty"`
	Text   string `json:"t,omitempty"`
	Tenant string `json:"b"`
	ID     string `json:"i"`
}

// cursor names the place for the next page. It holds nothing but what the box
// on that place shows.
func (k sortKey) cursor(sort string) string {
	text, err := json.Marshal(bookmark{sort, k.number, k.text, k.tenant, k.id})
	if err != nil {
		panic("roster: a cursor of texts cannot be encoded: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// readCursor reads a cursor; nil when it is none of this order.
func readCursor(cursor, sort string) *sortKey {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	var m bookmark
	if err != nil || json.Unmarshal(text, &m) != nil || m.Sort != sort || m.ID == "" {
		return nil
	}
	return &sortKey{m.Number, m.Text, m.Tenant, m.ID}
}

// page collects the first boxes after a place without sorting all of them.
type page struct {
	limit int
	after *sortKey
	total int
	best  []position // up to twice the limit, unsorted
	cutAt *sortKey   // what comes after this one is not on the page
}

// add offers a box.
func (p *page) add(at position) {
	p.total++
	if p.after != nil && at.compare(*p.after) <= 0 {
		return
	}
	if p.cutAt != nil && at.compare(*p.cutAt) > 0 {
		return
	}
	p.best = append(p.best, at)
	if len(p.best) > 2*p.limit {
		p.cut()
	}
}

// cut sorts and keeps the page, and tells whether there is more after it.
func (p *page) cut() (more bool) {
	slices.SortFunc(p.best, func(a, b position) int { return a.compare(b.sortKey) })
	if len(p.best) > p.limit {
		p.best = p.best[:p.limit]
		last := p.best[p.limit-1].sortKey
		p.cutAt = &last
	}
	return p.cutAt != nil
}

// mostFacets is how many values of a kind are offered.
const mostFacets = 200

// Facets are the values that boxes of the scope have.
func (r *Roster) Facets(scope Scope) Facets {
	if scope.none() {
		return Facets{}
	}
	tenants, networks, versions, causes := set{}, set{}, set{}, set{}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, b := range r.all {
		if !scope.Sees(b.tenant) {
			continue
		}
		tenants[b.tenant], networks[b.listed.network], versions[b.version()] = true, true, true
		for _, c := range b.causes {
			causes[c.code] = true
		}
	}
	return Facets{Tenants: tenants.list(), Networks: networks.list(), Versions: versions.list(), Causes: causes.list()}
}

// set is a set of texts.
type set map[string]bool

// list is what is in the set, sorted and bounded, without the empty text.
func (s set) list() []string {
	var all []string
	for text := range s {
		if text != "" {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return all[:min(len(all), mostFacets)]
}
