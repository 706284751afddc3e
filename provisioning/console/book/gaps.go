package book

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"studiobox/provisioning/console/roster"
)

// Gap is a range of events that a box counted but that never arrived.
type Gap struct {
	Epoch       string
	First, Last uint64
}

// told is one event, or the range of those that it stands for.
type told struct {
	epoch       string
	first, last uint64
}

// gaps finds what lies between what was told, in each count.
func gaps(all []told) []Gap {
	slices.SortFunc(all, func(a, b told) int {
		return cmp.Or(cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.first, b.first))
	})
	var found []Gap
	for i, t := range all {
		if i == 0 || all[i-1].epoch != t.epoch {
			continue
		}
		before := &all[i-1]
		if t.first > before.last+1 {
			found = append(found, Gap{Epoch: t.epoch, First: before.last + 1, Last: t.first - 1})
		}
		all[i].last = max(t.last, before.last)
	}
	return found
}

// Gaps are the events of a box of the scope that are missing, by what is kept:
// between the first and the last one of each count, without those that a full
// spool folded into another event.
func (b *Book) Gaps(ctx context.Context, scope roster.Scope, tenant, box string) ([]Gap, error) {
	pairs, err := query(ctx, b.db, scanTold, `SELECT ep, n, folded_first, folded_last FROM events
		WHERE tenant = $1 AND box = $2 AND (1 = $3 OR tenant = $4)`, tenant, box, bit(scope.All), scope.Tenant)
	if err != nil {
		return nil, err
	}
	return gaps(slices.Concat(pairs...)), nil
}

// scanTold reads an event, and the range that it stands for if it does.
func scanTold(rows *sql.Rows) ([]told, error) {
	var epoch string
	var n, first, last int64
	if err := rows.Scan(&epoch, &n, &first, &last); err != nil {
		return nil, err
	}
	all := []told{{epoch, uint64(n), uint64(n)}}
	if last > 0 {
		all = append(all, told{epoch, uint64(first), uint64(last)})
	}
	return all, nil
}

// countLost counts the missing events of all boxes. A range that was folded
// although part of it had arrived is counted once too often as explained, so
// that the sum is a lower bound.
func (b *Book) countLost(ctx context.Context) (uint64, error) {
	var lost sql.NullInt64
	err := b.db.QueryRowContext(ctx, `SELECT CAST(sum(missing) AS BIGINT) FROM (
		SELECT max(n) - min(CASE WHEN folded_first > 0 THEN folded_first ELSE n END) + 1 - count(*)
			- sum(CASE WHEN folded_last > 0 THEN folded_last - folded_first + 1 ELSE 0 END) AS missing
		FROM events GROUP BY tenant, box, ep) AS boxes WHERE missing > 0`).Scan(&lost)
	return uint64(max(lost.Int64, 0)), err
}
