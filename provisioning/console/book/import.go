package book

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// Imported is what a list changes, or would change. Of each kind the first 50
// boxes are named, as tenant/box.
type Imported struct {
	New, Changed, Same, Removed          int
	NewBoxes, ChangedBoxes, RemovedBoxes []string
	// Elsewhere are boxes that another tenant has on its list, too. A box that
	// was moved, or a mistake: people must decide.
	Elsewhere []string
}

// Import takes boxes of the scope over from a list, all or none. Boxes that the
// list does not name stay. A dry run changes nothing and tells the same.
func (b *Book) Import(ctx context.Context, scope roster.Scope, list []roster.Listed, dry bool) (Imported, error) {
	return b.take(ctx, scope, list, dry, nil)
}

// Replace is Import of a whole list, on behalf of who: boxes that it does not
// name any more are removed. That concerns the tenants that the list names, and
// the tenant of a scope of one; boxes of other tenants stay. A removed box is
// gone from the picture of every console, whatever it goes on saying; its events
// and commands are kept for as long as those of any other. A list that names it
// again brings it back.
func (b *Book) Replace(ctx context.Context, scope roster.Scope, who string, list []roster.Listed, dry bool) (Imported, error) {
	return b.take(ctx, scope, list, dry, &who)
}

// take imports a list; who removes what it does not name, nil: nobody does.
func (b *Book) take(ctx context.Context, scope roster.Scope, list []roster.Listed, dry bool, who *string) (Imported, error) {
	for i, l := range list {
		if !scope.Sees(l.Tenant) {
			return Imported{}, fmt.Errorf("book: import: box %d of the list is of %s; you may only import your own", i+1, l.Tenant)
		}
	}
	var done Imported
	err := b.write(ctx, func(tx *sql.Tx, seq int64) error {
		known, err := readKnown(ctx, tx)
		if err != nil {
			return err
		}
		c := comparison{scope: scope, known: known, at: moment(now())}
		for _, l := range list {
			c.compare(l)
		}
		if who != nil {
			c.miss(list)
		}
		done = c.Imported
		if dry {
			return errDry
		}
		return b.storeList(ctx, tx, seq, c, who)
	})
	if err != nil && !errors.Is(err, errDry) {
		return Imported{}, fmt.Errorf("book: import: %w", err)
	}
	return done, nil
}

// errDry undoes a dry run.
var errDry = errors.New("dry run")

// name is a box's name among all tenants.
type name struct{ tenant, box string }

// readKnown are the boxes that are kept, removed ones among them.
func readKnown(ctx context.Context, tx *sql.Tx) (map[name]roster.Listed, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+listColumns+` FROM boxes`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known := map[name]roster.Listed{}
	for rows.Next() {
		l, err := scanListed(rows)
		if err != nil {
			return nil, err
		}
		known[name{l.Tenant, l.Box}] = l
	}
	return known, rows.Err()
}

// comparison finds what a list changes.
type comparison struct {
	scope  roster.Scope
	known  map[name]roster.Listed
	at     time.Time
	owners map[string][]string // tenants by box
	Imported

	changed, returned, removed []roster.Listed
}

// compare takes one box of the list in.
func (c *comparison) compare(l roster.Listed) {
	address := contract.Addressee(l.Tenant, l.Box)
	if c.owners == nil {
		c.owners = map[string][]string{}
		for of, old := range c.known {
			if !old.Removed {
				c.owners[of.box] = append(c.owners[of.box], of.tenant)
			}
		}
	}
	for _, owner := range c.owners[l.Box] {
		if owner != l.Tenant && c.scope.Sees(owner) {
			note(&c.Elsewhere, contract.Addressee(owner, l.Box))
		}
	}
	old, there := c.known[name{l.Tenant, l.Box}]
	l.At, l.Quarantined = c.at, old.Quarantined
	switch {
	case there && !old.Removed:
		l.At = old.At
		if l == old {
			c.Same++
			return
		}
		c.Changed++
		note(&c.ChangedBoxes, address)
	default:
		if there {
			c.returned = append(c.returned, l)
		}
		c.New++
		note(&c.NewBoxes, address)
	}
	c.changed = append(c.changed, l)
}

// miss finds the boxes that the list names no more.
func (c *comparison) miss(list []roster.Listed) {
	whole, named := map[string]bool{}, map[name]bool{}
	if !c.scope.All {
		whole[c.scope.Tenant] = true
	}
	for _, l := range list {
		whole[l.Tenant], named[name{l.Tenant, l.Box}] = true, true
	}
	for of, old := range c.known {
		if !old.Removed && whole[of.tenant] && !named[of] {
			c.removed = append(c.removed, old)
		}
	}
	sortListed(c.removed)
	c.Removed = len(c.removed)
	for _, l := range c.removed {
		note(&c.RemovedBoxes, contract.Addressee(l.Tenant, l.Box))
	}
}

// note names a box, unless there are 50 already.
func note(names *[]string, address string) {
	if len(*names) < mostWrong {
		*names = append(*names, address)
	}
}
