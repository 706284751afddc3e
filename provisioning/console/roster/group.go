package roster

import (
	"slices"
	"strings"
)

// What the boxes of a row have in common, as the first letter of its key.
const (
	byNetwork = "n"
	byVersion = "v"
	byBoth    = "x"
	byNothing = "b" // one box
)

// group names the boxes that share a cause, and more.
type group struct {
	by, cause, network, version string
}

// key names the group in marks.
func (g group) key() string {
	return strings.Join([]string{g.by, g.cause, g.network, g.version}, "|")
}

// filter finds the boxes of the group, as far as its properties tell.
func (g group) filter() Filter {
	named := func(text string) string {
		if text == "" {
			return None
		}
		return text
	}
	f := Filter{Cause: g.cause}
	switch g.by {
	case byNetwork:
		f.Network = named(g.network)
	case byVersion:
		f.Version = named(g.version)
	case byBoth:
		f.Network, f.Version = named(g.network), named(g.version)
	case byNothing:
		f.Tenant, f.Text = g.network, g.version
	}
	return f
}

// ill is one cause at one box.
type ill struct {
	box *record
	cause
}

// of is the group that the case would belong to by a common property.
func (c ill) of(by string) group {
	g := group{by: by, cause: c.code, network: c.box.listed.network, version: c.box.version()}
	switch by {
	case byNetwork:
		g.version = ""
	case byVersion:
		g.network = ""
	case byNothing:
		g.network, g.version = c.box.tenant, c.box.id
	}
	return g
}

// grouping finds out what cases have in common.
type grouping struct {
	ills     []ill
	shares   map[group]int
	networks map[string]int // boxes, ill or not
	versions map[string]int
}

func newGrouping() *grouping {
	return &grouping{shares: map[group]int{}, networks: map[string]int{}, versions: map[string]int{}}
}

// count takes a box in.
func (g *grouping) count(b *record) {
	g.networks[b.listed.network]++
	g.versions[b.version()]++
	for _, c := range b.causes {
		one := ill{b, c}
		g.ills = append(g.ills, one)
		g.shares[one.of(byNetwork)]++
		g.shares[one.of(byVersion)]++
		g.shares[one.of(byBoth)]++
	}
}

// explain chooses the group of a case; see [Roster.Attention].
func (g *grouping) explain(c ill) group {
	both := c.of(byBoth)
	if n := c.of(byNetwork); g.explainedBy(n) {
		return n
	}
	if v := c.of(byVersion); v.version != "" && explains(g.shares[v], g.versions[v.version]) {
		return v
	}
	if g.shares[both] >= leastGroup {
		return both
	}
	return c.of(byNothing)
}

// explainedBy tells whether a network explains the cause at its boxes.
func (g *grouping) explainedBy(n group) bool {
	return n.network != "" && explains(g.shares[n], g.networks[n.network])
}

// others tells whether the box has the cause, and its network does not explain it.
func (g *grouping) others(b *record, code string) bool {
	return b.needs(code) && !g.explainedBy(ill{b, cause{code: code}}.of(byNetwork))
}

// explains tells whether so many cases among so many boxes are no chance.
func explains(cases, boxes int) bool { return cases >= leastGroup && 2*cases >= boxes }

// gather makes the rows, in no order.
func (g *grouping) gather() []*gathered {
	rows, split := map[group]*gathered{}, map[string]bool{}
	for _, c := range g.ills {
		by := g.explain(c)
		row := rows[by]
		if row == nil {
			row = &gathered{first: c}
			row.Key, row.Cause, row.Group = by.key(), c.code, by.by != byNothing
			row.Severity, row.Harm, row.Since = c.severity, c.harm, c.since
			row.Network, row.Version = c.box.listed.network, c.box.version()
			row.filter = by.filter()
			rows[by] = row
			split[c.code] = split[c.code] || by.by == byNetwork
		}
		row.add(c)
	}
	all := make([]*gathered, 0, len(rows))
	for by, row := range rows {
		if by.by == byVersion && split[by.cause] {
			row.filter.Network = Others
		}
		all = append(all, row)
	}
	return all
}

// gathered is a row, the case that it began with, and its boxes with a show that
// nobody sees.
type gathered struct {
	Row
	first ill
	dead  []*record
}

// add adds a case to the row.
func (row *gathered) add(c ill) {
	row.Boxes++
	if c.box.onAir || c.harm == HarmOnAir {
		row.Live++
	}
	if c.harm == HarmStreamDead {
		row.dead = append(row.dead, c.box)
	}
	row.Harm = min(row.Harm, c.harm)
	if c.since.Before(row.Since) {
		row.Since = c.since
	}
	if c.box.listed.network != row.Network {
		row.Network = ""
	}
	if c.box.version() != row.Version {
		row.Version = ""
	}
	ref := c.box.ref()
	at, _ := slices.BinarySearchFunc(row.Sample, ref, compareRef)
	if at < mostSample {
		row.Sample = slices.Insert(row.Sample, at, ref)
		row.Sample = row.Sample[:min(len(row.Sample), mostSample)]
	}
}

// compareRef sorts by tenant and id.
func compareRef(a, b Ref) int {
	if order := strings.Compare(a.Tenant, b.Tenant); order != 0 {
		return order
	}
	return strings.Compare(a.ID, b.ID)
}
