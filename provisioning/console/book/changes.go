package book

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// Reader takes what the database tells; a nil function is not called.
type Reader struct {
	Listed func(roster.Listed)
	Update func(roster.Update)
	Mark   func(roster.Scope, roster.Mark)
}

// Changes tells what was written after the given number, and the number up to
// which that is. All that is there comes with 0, at the start; afterwards only
// what other consoles wrote. Ask once a second.
//
// Births and ends of sessions come in the order of their times.
func (b *Book) Changes(ctx context.Context, after int64, to Reader) (upTo int64, err error) {
	if err := b.db.QueryRowContext(ctx, `SELECT seq FROM tide`).Scan(&upTo); err != nil {
		return after, fmt.Errorf("book: %w", err)
	}
	if upTo == after {
		return after, nil
	}
	self := b.self
	if after == 0 {
		self = "nobody"
	}
	window := []any{after, upTo, self}
	for _, read := range []func(context.Context, []any, Reader) error{b.readListed, b.readLatest, b.readMarks} {
		if err := read(ctx, window, to); err != nil {
			return after, fmt.Errorf("book: %w", err)
		}
	}
	return upTo, nil
}

// each runs a query and hands each row on.
func (b *Book) each(ctx context.Context, text string, args []any, row func(*sql.Rows) error) error {
	rows, err := b.db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *Book) readListed(ctx context.Context, window []any, to Reader) error {
	return b.each(ctx, `SELECT `+listColumns+` FROM boxes
		WHERE seq > $1 AND seq <= $2 AND writer <> $3`, window, func(rows *sql.Rows) error {
		l, err := scanListed(rows)
		if err == nil && to.Listed != nil {
			to.Listed(l)
		}
		return err
	})
}

func (b *Book) readLatest(ctx context.Context, window []any, to Reader) error {
	return b.each(ctx, `SELECT tenant, box, kind, at, retained, body FROM latest
		WHERE seq > $1 AND seq <= $2 AND writer <> $3 ORDER BY at`, window, func(rows *sql.Rows) error {
		var tenant, box, kind, text string
		var at int64
		var retained int
		if err := rows.Scan(&tenant, &box, &kind, &at, &retained, &text); err != nil {
			return err
		}
		u, err := decode(contract.Topic{Tenant: tenant, Box: box, Kind: kindOf(kind)}, text, at, retained == 1)
		if err != nil {
			// An earlier version took what this one refuses: the box will say it anew.
			b.log.Warn("book: a kept message cannot be read", "error", err)
			return nil
		}
		if to.Update != nil {
			to.Update(u)
		}
		return nil
	})
}

func (b *Book) readMarks(ctx context.Context, window []any, to Reader) error {
	return b.each(ctx, `SELECT scope, mark, owner, acked_by, acked_at, muted_until FROM marks
		WHERE seq > $1 AND seq <= $2 AND writer <> $3`, window, func(rows *sql.Rows) error {
		var name string
		var m roster.Mark
		var acked, muted int64
		if err := rows.Scan(&name, &m.Key, &m.Owner, &m.AckedBy, &acked, &muted); err != nil {
			return err
		}
		m.AckedAt, m.MutedUntil = moment(acked), moment(muted)
		if to.Mark != nil {
			to.Mark(roster.Scope{All: name == "", Tenant: name}, m)
		}
		return nil
	})
}

// decode reads a kept message.
func decode(topic contract.Topic, text string, at int64, retained bool) (roster.Update, error) {
	if topic.Kind != contract.KindWant {
		return roster.Decode(topic, []byte(text), moment(at), retained)
	}
	var w contract.Want
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return roster.Update{}, fmt.Errorf("%s: %w", topic, err)
	}
	return roster.Update{Tenant: topic.Tenant, Box: topic.Box, At: moment(at), Retained: retained, Want: &w}, nil
}

// wantBody is wished settings as they are kept: opened, since the key that
// signed them may be gone when they are read.
func wantBody(w contract.Want) string {
	text, err := json.Marshal(w)
	if err != nil {
		panic("book: a want of texts and numbers cannot be encoded: " + err.Error())
	}
	return string(text)
}
