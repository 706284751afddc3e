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

// Where gaps are looked for: a page shows fewer events than these.
const (
	gapEpochs = 4
	gapEvents = 500 // of each
)

// Gaps are the events of a box of the scope that are missing among the 500
// highest numbers of each of its 4 latest counts, without those that a full spool
// folded into another event.
func (b *Book) Gaps(ctx context.Context, scope roster.Scope, tenant, box string) ([]Gap, error) {
	epochs, err := query(ctx, b.db, func(rows *sql.Rows) (epoch string, err error) { return epoch, rows.Scan(&epoch) },
		`SELECT ep FROM epochs WHERE tenant = $1 AND box = $2 AND (1 = $3 OR tenant = $4) ORDER BY at DESC, ep LIMIT $5`,
		tenant, box, bit(scope.All), scope.Tenant, gapEpochs)
	if err != nil {
		return nil, err
	}
	var all []told
	for _, epoch := range epochs {
		pairs, err := query(ctx, b.db, scanTold, `SELECT ep, n, folded_first, folded_last FROM events
			WHERE tenant = $1 AND box = $2 AND ep = $3 ORDER BY n DESC LIMIT $4`, tenant, box, epoch, gapEvents)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.Concat(pairs...)...)
	}
	return gaps(all), nil
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
