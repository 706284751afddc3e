package book

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"studiobox/provisioning/console/roster"
)

// listColumns are the columns of a box that [scanListed] reads.
const listColumns = `tenant, box, business, place, network, health_s, at, quarantined, removed`

// scanListed reads a row of "boxes".
func scanListed(rows *sql.Rows) (roster.Listed, error) {
	var l roster.Listed
	var seconds, quarantined int
	var at, removed int64
	err := rows.Scan(&l.Tenant, &l.Box, &l.Business, &l.Place, &l.Network, &seconds, &at, &quarantined, &removed)
	l.Health, l.At, l.Quarantined, l.Removed = time.Duration(seconds)*time.Second, moment(at), quarantined == 1, removed > 0
	return l, err
}

func sortListed(list []roster.Listed) {
	slices.SortFunc(list, func(x, y roster.Listed) int {
		return cmp.Or(cmp.Compare(x.Tenant, y.Tenant), cmp.Compare(x.Box, y.Box))
	})
}

const (
	listInto  = `INSERT INTO boxes (tenant, box, business, place, network, health_s, at, quarantined, removed, seq, writer)`
	listAgain = `ON CONFLICT (tenant, box) DO UPDATE SET business = excluded.business, place = excluded.place,
		network = excluded.network, health_s = excluded.health_s, at = excluded.at, quarantined = excluded.quarantined,
		removed = excluded.removed, seq = excluded.seq, writer = excluded.writer`
)

// storeList writes what a list changes. The rows name no console as their
// writer: this one is to be told of its own import, too.
func (b *Book) storeList(ctx context.Context, tx *sql.Tx, seq int64, c comparison, who *string) error {
	var rows, spans [][]any
	row := func(l roster.Listed, removed time.Time) {
		rows = append(rows, []any{l.Tenant, l.Box, l.Business, l.Place, l.Network, int(l.Health.Seconds()), stamp(l.At),
			bit(l.Quarantined), stamp(removed), seq, ""})
	}
	for _, l := range c.changed {
		row(l, time.Time{})
	}
	for _, l := range c.removed {
		row(l, c.at)
		spans = append(spans, []any{l.Tenant, l.Box, stamp(c.at), string(unknown)}) // its last status ends here
		if err := b.act(ctx, tx, Act{l.Tenant, l.Box, c.at, ActRemoved, *who}); err != nil {
			return err
		}
	}
	if err := b.insert(ctx, tx, listInto, rows, listAgain); err != nil {
		return err
	}
	if err := b.insert(ctx, tx, spanInto, spans, `ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	for _, l := range c.returned { // the consoles have forgotten what it said
		if _, err := tx.ExecContext(ctx, `UPDATE latest SET seq = $1, writer = '' WHERE tenant = $2 AND box = $3`, seq, l.Tenant, l.Box); err != nil {
			return err
		}
	}
	return nil
}

// Act is what somebody did to a box here, beside commands.
type Act struct {
	Tenant, Box string
	At          time.Time
	What        string // ActQuarantined and its like
	Who         string
}

// What people do to boxes.
const (
	ActQuarantined = "quarantined"
	ActReleased    = "released"
	ActRemoved     = "removed"
)

// act keeps an act.
func (b *Book) act(ctx context.Context, tx *sql.Tx, a Act) error {
	return b.insert(ctx, tx, `INSERT INTO acts (tenant, box, at, what, who)`,
		[][]any{{a.Tenant, a.Box, stamp(a.At), a.What, a.Who}}, `ON CONFLICT DO NOTHING`)
}

// Acts are the latest acts on a box of the scope, newest first. They are kept for
// 90 days.
func (b *Book) Acts(ctx context.Context, scope roster.Scope, tenant, box string, limit int) ([]Act, error) {
	return query(ctx, b.db, func(rows *sql.Rows) (Act, error) {
		var a Act
		var at int64
		err := rows.Scan(&a.Tenant, &a.Box, &at, &a.What, &a.Who)
		a.At = moment(at)
		return a, err
	}, `SELECT tenant, box, at, what, who FROM acts WHERE tenant = $1 AND box = $2 AND (1 = $3 OR tenant = $4)
		ORDER BY at DESC LIMIT $5`, tenant, box, bit(scope.All), scope.Tenant, bounded(limit))
}

// Quarantine shuts a box out of the picture on behalf of who, or lets it in
// again, and keeps who did it and when; false: there is no such box on the list
// in the scope. What is so already stays so and is no act. It takes no right away
// at the broker.
func (b *Book) Quarantine(ctx context.Context, scope roster.Scope, tenant, box, who string, on bool) (bool, error) {
	found, what := false, ActReleased
	if on {
		what = ActQuarantined
	}
	err := b.write(ctx, func(tx *sql.Tx, seq int64) error {
		err := tx.QueryRowContext(ctx, `SELECT 1 = 1 FROM boxes WHERE tenant = $1 AND box = $2 AND removed = 0 AND (1 = $3 OR tenant = $4)`,
			tenant, box, bit(scope.All), scope.Tenant).Scan(&found)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE boxes SET quarantined = $1, seq = $2, writer = ''
			WHERE tenant = $3 AND box = $4 AND quarantined <> $1`, bit(on), seq, tenant, box)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return b.act(ctx, tx, Act{tenant, box, moment(now()), what, who})
	})
	if err != nil {
		return false, fmt.Errorf("book: quarantine: %w", err)
	}
	return found, nil
}

// now is the present time as it is kept.
func now() int64 { return time.Now().UnixMilli() }
