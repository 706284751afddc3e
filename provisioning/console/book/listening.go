package book

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// listenGrace is for how long after it was last said a console passes for
// listening: twice the usual minute between two calls of [Book.Listened].
const listenGrace = 2 * time.Minute

// Listened keeps that this console heard the boxes from since until now. Call it
// once a minute while it does: of times in which no console listened, timelines
// say nothing. Of times before the first call ever, nobody knows, and they pass
// for heard.
func (b *Book) Listened(ctx context.Context, since, now time.Time) error {
	err := b.write(ctx, func(tx *sql.Tx, _ int64) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO listening (writer, begins, ends) SELECT '', CAST($1 AS BIGINT), CAST($1 AS BIGINT)
			WHERE NOT EXISTS (SELECT 1 FROM listening WHERE writer = '')`, stamp(since))
		if err != nil {
			return err
		}
		return b.insert(ctx, tx, `INSERT INTO listening (writer, begins, ends)`, [][]any{{b.self, stamp(since), stamp(now)}},
			`ON CONFLICT (writer, begins) DO UPDATE SET ends = excluded.ends`)
	})
	if err != nil {
		return fmt.Errorf("book: listening: %w", err)
	}
	return nil
}

// stretch is a time in which somebody listened.
type stretch struct{ begin, end time.Time }

// heard are the times between two others in which somebody listened, in order
// and apart from each other; none when nobody ever said so.
func (b *Book) heard(ctx context.Context, from, to time.Time) ([]stretch, error) {
	rows, err := query(ctx, b.db, func(rows *sql.Rows) (stretch, error) {
		var begins, ends int64
		var writer string
		if err := rows.Scan(&writer, &begins, &ends); err != nil {
			return stretch{}, err
		}
		if writer == "" {
			return stretch{time.Time{}, moment(begins)}, nil
		}
		return stretch{moment(begins), moment(ends).Add(listenGrace)}, nil
	}, `SELECT writer, begins, ends FROM listening WHERE writer = '' OR ends >= $1 AND begins < $2
		ORDER BY CASE WHEN writer = '' THEN 0 ELSE begins END`, stamp(from.Add(-listenGrace)), stamp(to))
	if err != nil {
		return nil, err
	}
	var all []stretch
	for _, s := range rows {
		if n := len(all); n > 0 && !s.begin.After(all[n-1].end) {
			if s.end.After(all[n-1].end) {
				all[n-1].end = s.end
			}
			continue
		}
		all = append(all, s)
	}
	return all, nil
}

// cut leaves of spans what was heard.
func cut(spans []Span, heard []stretch) []Span {
	if len(heard) == 0 {
		return spans
	}
	var out []Span
	for _, span := range spans {
		for _, h := range heard {
			part := span
			if h.begin.After(part.Begin) {
				part.Begin = h.begin
			}
			if h.end.Before(part.End) {
				part.End = h.end
			}
			if part.Begin.Before(part.End) {
				out = append(out, part)
			}
		}
	}
	return out
}
