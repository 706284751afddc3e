package book

import (
	"context"
	"database/sql"
	"fmt"

	"studiobox/provisioning/console/roster"
)

const (
	markInto  = `INSERT INTO marks (scope, mark, owner, acked_by, acked_at, muted_until, at, seq, writer)`
	markAgain = `ON CONFLICT (scope, mark) DO UPDATE SET owner = excluded.owner, acked_by = excluded.acked_by, acked_at = excluded.acked_at,
		muted_until = excluded.muted_until, at = excluded.at, seq = excluded.seq, writer = excluded.writer`
)

// SetMark keeps what people of the scope say of a row, at once.
func (b *Book) SetMark(ctx context.Context, scope roster.Scope, m roster.Mark) error {
	if scope == (roster.Scope{}) {
		return fmt.Errorf("book: a mark needs a scope")
	}
	name := scope.Tenant
	if scope.All {
		name = ""
	}
	err := b.write(ctx, func(tx *sql.Tx, seq int64) error {
		return b.insert(ctx, tx, markInto, [][]any{{name, m.Key, m.Owner, m.AckedBy, stamp(m.AckedAt), stamp(m.MutedUntil), now(), seq, b.self}}, markAgain)
	})
	if err != nil {
		return fmt.Errorf("book: mark: %w", err)
	}
	return nil
}

// Settle keeps what time did to marks, see [roster.Roster.Settled]. What somebody
// has said anew meanwhile stays.
func (b *Book) Settle(ctx context.Context, said ...roster.Said) error {
	if len(said) == 0 {
		return nil
	}
	err := b.write(ctx, func(tx *sql.Tx, seq int64) error {
		for _, s := range said {
			if err := b.settle(ctx, tx, seq, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("book: marks: %w", err)
	}
	return nil
}

func (b *Book) settle(ctx context.Context, tx *sql.Tx, seq int64, s roster.Said) error {
	m, name := s.Mark, s.Scope.Tenant
	if s.Scope.All {
		name = ""
	}
	if s.Over {
		_, err := tx.ExecContext(ctx, `UPDATE marks SET owner = '', acked_by = '', acked_at = 0, seq = $1, writer = $2
			WHERE scope = $3 AND mark = $4 AND owner = $5 AND acked_by = $6 AND acked_at = $7`,
			seq, b.self, name, m.Key, m.Owner, m.AckedBy, stamp(m.AckedAt))
		return err
	}
	return b.insert(ctx, tx, markInto, [][]any{{name, m.Key, m.Owner, m.AckedBy, stamp(m.AckedAt), stamp(m.MutedUntil), now(), seq, b.self}},
		markAgain+` WHERE marks.owner = '' AND marks.acked_by = ''`)
}
