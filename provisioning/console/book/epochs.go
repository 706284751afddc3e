package book

import (
	"context"
	"database/sql"

	"studiobox/provisioning/console/roster"
)

// epoch is what is known of one count of events of a box.
type epoch struct {
	lowest, highest int64 // numbers, of those that a fold stands for, too
	arrived         int64 // events
	folded          int64 // events that others stand for
	at              int64 // of the latest arrival
}

// add counts an event that is new.
func (e *epoch) add(n, first, last, at int64) {
	lowest := n
	if first > 0 {
		lowest = first
		e.folded += last - first + 1
	}
	if e.arrived == 0 || lowest < e.lowest {
		e.lowest = lowest
	}
	e.highest, e.at = max(e.highest, n), max(e.at, at)
	e.arrived++
}

// epochName names a count.
type epochName struct{ tenant, box, epoch string }

const (
	epochInto  = `INSERT INTO epochs (tenant, box, ep, lowest, highest, arrived, folded, at)`
	epochAgain = `ON CONFLICT (tenant, box, ep) DO UPDATE SET
		lowest = CASE WHEN excluded.lowest < epochs.lowest THEN excluded.lowest ELSE epochs.lowest END,
		highest = CASE WHEN excluded.highest > epochs.highest THEN excluded.highest ELSE epochs.highest END,
		arrived = epochs.arrived + excluded.arrived, folded = epochs.folded + excluded.folded,
		at = CASE WHEN excluded.at > epochs.at THEN excluded.at ELSE epochs.at END`
)

// storeEvents keeps events, each once however often it came, and counts those
// that are new.
func (b *Book) storeEvents(ctx context.Context, tx *sql.Tx, events []roster.Update) error {
	rows := make([][]any, 0, len(events))
	for _, u := range events {
		rows = append(rows, eventRow(u))
	}
	counts := counts{}
	store := b.storeSingly
	if b.postgres {
		store = b.storeTogether
	}
	if err := store(ctx, tx, rows, counts); err != nil {
		return err
	}
	var sums [][]any
	for of, e := range counts {
		sums = append(sums, []any{of.tenant, of.box, of.epoch, e.lowest, e.highest, e.arrived, e.folded, e.at})
	}
	return b.insert(ctx, tx, epochInto, sums, epochAgain)
}

// counts are what new events add to each count.
type counts map[epochName]*epoch

func (c counts) add(of epochName, n, first, last, at int64) {
	if c[of] == nil {
		c[of] = &epoch{}
	}
	c[of].add(n, first, last, at)
}

// storeSingly is for SQLite, where a row has a statement of its own: how many rows
// that changed costs nothing to ask, and a result as rows costs more than the
// INSERT.
func (b *Book) storeSingly(ctx context.Context, tx *sql.Tx, rows [][]any, counts counts) error {
	return b.inserts(ctx, tx, eventInto, rows, `ON CONFLICT DO NOTHING`, func(statement *sql.Stmt, args []any) error {
		result, err := statement.ExecContext(ctx, args...)
		if err != nil {
			return err
		}
		fresh, err := result.RowsAffected()
		if err == nil && fresh == 1 { // the order is eventRow's
			of := epochName{args[0].(string), args[1].(string), args[2].(string)}
			counts.add(of, args[3].(int64), args[11].(int64), args[12].(int64), args[4].(int64))
		}
		return err
	})
}

// storeTogether is for PostgreSQL, which tells of many rows which ones are new.
func (b *Book) storeTogether(ctx context.Context, tx *sql.Tx, rows [][]any, counts counts) error {
	return b.inserts(ctx, tx, eventInto, rows, `ON CONFLICT DO NOTHING RETURNING tenant, box, ep, n, folded_first, folded_last, at`,
		func(statement *sql.Stmt, args []any) error {
			fresh, err := statement.QueryContext(ctx, args...)
			if err != nil {
				return err
			}
			defer fresh.Close()
			for fresh.Next() {
				var of epochName
				var n, first, last, at int64
				if err := fresh.Scan(&of.tenant, &of.box, &of.epoch, &n, &first, &last, &at); err != nil {
					return err
				}
				counts.add(of, n, first, last, at)
			}
			return fresh.Err()
		})
}

// countLost counts the missing events of all boxes. A range that was folded
// although part of it had arrived is counted once too often as explained, so
// that the sum is a lower bound.
func (b *Book) countLost(ctx context.Context) (uint64, error) {
	var lost sql.NullInt64
	err := b.db.QueryRowContext(ctx, `SELECT CAST(sum(highest - lowest + 1 - arrived - folded) AS BIGINT) FROM epochs
		WHERE highest - lowest + 1 > arrived + folded`).Scan(&lost)
	return uint64(max(lost.Int64, 0)), err
}
