package signin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// SQL is a [SessionStore] in a database, for consoles that share one. Its
// statements are the same for SQLite and PostgreSQL.
type SQL struct{ db *sql.DB }

// NewSQL makes the table if it is not there.
func NewSQL(ctx context.Context, db *sql.DB) (*SQL, error) {
	_, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS signin (key TEXT PRIMARY KEY, value TEXT NOT NULL, until BIGINT NOT NULL)`)
	if err != nil {
		return nil, fmt.Errorf("table of sessions: %w", err)
	}
	return &SQL{db}, nil
}

// Get is the value of a key.
func (s *SQL) Get(ctx context.Context, key string) ([]byte, error) {
	var value string
	err := s.db.QueryRowContext(ctx, `SELECT value FROM signin WHERE key = $1 AND until > $2`, key, time.Now().UnixMilli()).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a session: %w", err)
	}
	return []byte(value), nil
}

// Swap replaces a value if it is the old one, in one statement, so that of two
// consoles one succeeds.
func (s *SQL) Swap(ctx context.Context, key string, old, new []byte, until time.Time) (bool, error) {
	now, end := time.Now().UnixMilli(), until.UnixMilli()
	var done sql.Result
	var err error
	switch {
	case old == nil && new == nil:
		kept, err := s.Get(ctx, key)
		return kept == nil, err
	case old == nil: // a row past its time makes room
		done, err = s.db.ExecContext(ctx, `INSERT INTO signin (key, value, until) VALUES ($1, $2, $3)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until WHERE signin.until <= $4`, key, string(new), end, now)
	case new == nil:
		done, err = s.db.ExecContext(ctx, `DELETE FROM signin WHERE key = $1 AND value = $2 AND until > $3`, key, string(old), now)
	default:
		done, err = s.db.ExecContext(ctx, `UPDATE signin SET value = $2, until = $3 WHERE key = $1 AND value = $4 AND until > $5`,
			key, string(new), end, string(old), now)
	}
	if err != nil {
		return false, fmt.Errorf("write a session: %w", err)
	}
	rows, err := done.RowsAffected()
	return rows == 1, err
}

// Sweep removes the rows past their time.
func (s *SQL) Sweep(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM signin WHERE until <= $1`, time.Now().UnixMilli()); err != nil {
		return fmt.Errorf("remove old sessions: %w", err)
	}
	return nil
}

// Clear signs everybody out, and tells how many sessions there were.
func (s *SQL) Clear(ctx context.Context) (int64, error) {
	done, err := s.db.ExecContext(ctx, `DELETE FROM signin WHERE key LIKE 'session:%'`)
	if err != nil {
		return 0, fmt.Errorf("end all sessions: %w", err)
	}
	return done.RowsAffected()
}
