package book

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// For how long is kept what happened.
const (
	keepEvents = 90 * 24 * time.Hour // events, commands and their answers
	keepSpans  = 30 * 24 * time.Hour
	keepCounts = 8 * 24 * time.Hour
	keepMarks  = 90 * 24 * time.Hour // after they were set
)

const (
	sweepEvery = 10 * time.Minute
	// sweepRows is how many rows one statement deletes: a longer one would hold
	// up the writing of what boxes say.
	sweepRows = 5000
	// sweepTurns bounds one sweep; the next goes on.
	sweepTurns = 200
)

// old is a table with what is too old in it. $1 is the oldest time that stays
// and $2 the number of rows to delete at most.
type old struct {
	keep   time.Duration
	delete string
}

func olds() []old {
	return []old{
		{keepEvents, `DELETE FROM events WHERE (tenant, box, ep, n) IN (SELECT tenant, box, ep, n FROM events WHERE at < $1 LIMIT $2)`},
		{keepEvents, `DELETE FROM acks WHERE (tenant, box, id, st, why) IN (SELECT tenant, box, id, st, why FROM acks WHERE at < $1 LIMIT $2)`},
		{keepEvents, `DELETE FROM commands WHERE id IN (SELECT id FROM commands WHERE at < $1 LIMIT $2)`},
		{keepEvents, `DELETE FROM acts WHERE (tenant, box, at, what) IN (SELECT tenant, box, at, what FROM acts WHERE at < $1 LIMIT $2)`},
		{keepEvents, `DELETE FROM latest WHERE (tenant, box, kind) IN (SELECT l.tenant, l.box, l.kind FROM latest l
			JOIN boxes b ON b.tenant = l.tenant AND b.box = l.box WHERE b.removed > 0 AND b.removed < $1 LIMIT $2)`},
		{keepEvents, `DELETE FROM epochs WHERE (tenant, box, ep) IN (SELECT tenant, box, ep FROM epochs WHERE at < $1 LIMIT $2)`},
		{keepSpans, `DELETE FROM listening WHERE (writer, begins) IN (SELECT writer, begins FROM listening WHERE ends < $1 AND writer <> '' LIMIT $2)`},
		// The last change before the time stays: its status may hold until today.
		{keepSpans, `DELETE FROM spans WHERE (tenant, box, at) IN (SELECT tenant, box, at FROM spans s WHERE at < $1 AND EXISTS
			(SELECT 1 FROM spans l WHERE l.tenant = s.tenant AND l.box = s.box AND l.at > s.at AND l.at <= $1) LIMIT $2)`},
		{keepCounts, `DELETE FROM counts WHERE (tenant, at, status) IN (SELECT tenant, at, status FROM counts WHERE at < $1 LIMIT $2)`},
		{keepMarks, `DELETE FROM marks WHERE (scope, mark) IN (SELECT scope, mark FROM marks WHERE at < $1 LIMIT $2)`},
		{0, `DELETE FROM drafts WHERE id IN (SELECT id FROM drafts WHERE ends < $1 LIMIT $2)`},
	}
}

// Sweep lets go of what is too old, a few rows at a time, and counts the events
// that never arrived.
func (b *Book) Sweep(ctx context.Context, now time.Time) error {
	for _, o := range olds() {
		for range sweepTurns {
			n, err := b.sweep(ctx, o, now)
			if err != nil {
				return fmt.Errorf("book: what is too old could not be deleted: %w", err)
			}
			if n < sweepRows {
				break
			}
		}
	}
	lost, err := b.countLost(ctx)
	if err != nil {
		return fmt.Errorf("book: lost events could not be counted: %w", err)
	}
	b.mu.Lock()
	b.stats.Lost = lost
	b.mu.Unlock()
	return nil
}

// sweep deletes some rows and tells how many.
func (b *Book) sweep(ctx context.Context, o old, now time.Time) (deleted int64, err error) {
	err = b.write(ctx, func(tx *sql.Tx, _ int64) error {
		result, err := tx.ExecContext(ctx, o.delete, stamp(now.Add(-o.keep)), sweepRows)
		if err != nil {
			return err
		}
		deleted, err = result.RowsAffected()
		return err
	})
	return deleted, err
}
