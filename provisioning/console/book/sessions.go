package book

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Session is a sign-in. The secret itself is never kept, only its hash.
type Session struct {
	Hash    string    // of the secret that the browser has
	Person  []byte    // who it is, as JSON
	IdleEnd time.Time // it ends then, unless it is used before
	Ends    time.Time // it ends then whatever happens
}

// AddSession keeps a sign-in, or moves the idle end of one that is known.
func (b *Book) AddSession(ctx context.Context, s Session) error {
	err := b.write(ctx, func(tx *sql.Tx, _ int64) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions (hash, person, idle_end, ends) VALUES ($1, $2, $3, $4)
			ON CONFLICT (hash) DO UPDATE SET idle_end = excluded.idle_end`, s.Hash, string(s.Person), stamp(s.IdleEnd), stamp(s.Ends))
		return err
	})
	if err != nil {
		return fmt.Errorf("book: session: %w", err)
	}
	return nil
}

// Session finds a sign-in that has not ended; false: there is none.
func (b *Book) Session(ctx context.Context, hash string, now time.Time) (Session, bool, error) {
	s := Session{Hash: hash}
	var person string
	var idle, ends int64
	err := b.db.QueryRowContext(ctx, `SELECT person, idle_end, ends FROM sessions WHERE hash = $1 AND idle_end > $2 AND ends > $2`,
		hash, stamp(now)).Scan(&person, &idle, &ends)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, false, nil
	}
	if err != nil {
		return Session{}, false, fmt.Errorf("book: session: %w", err)
	}
	s.Person, s.IdleEnd, s.Ends = []byte(person), moment(idle), moment(ends)
	return s, true, nil
}

// EndSession forgets a sign-in.
func (b *Book) EndSession(ctx context.Context, hash string) error {
	err := b.write(ctx, func(tx *sql.Tx, _ int64) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE hash = $1`, hash)
		return err
	})
	if err != nil {
		return fmt.Errorf("book: session: %w", err)
	}
	return nil
}
