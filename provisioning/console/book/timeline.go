package book

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"studiobox/provisioning/console/roster"
)

// Span is for how long a box had a status.
type Span struct {
	Status     roster.Status
	Begin, End time.Time
}

const spanInto = `INSERT INTO spans (tenant, box, at, status)`

// unknown in the place of a status ends the one before it.
const unknown roster.Status = "none"

// Timeline are the statuses of a box of the scope between two times, in order.
// There is a gap where it is not known: before the first, while the box was off
// the list, and while no console listened. The last one known ends at to.
func (b *Book) Timeline(ctx context.Context, scope roster.Scope, tenant, box string, from, to time.Time) ([]Span, error) {
	spans, err := query(ctx, b.db, func(rows *sql.Rows) (Span, error) {
		var s Span
		var at int64
		err := rows.Scan(&at, &s.Status)
		s.Begin = moment(at)
		return s, err
	}, `SELECT at, status FROM spans WHERE tenant = $1 AND box = $2 AND at < $3 AND (1 = $4 OR tenant = $5)
		AND at >= COALESCE((SELECT max(at) FROM spans WHERE tenant = $1 AND box = $2 AND at <= $6), 0) ORDER BY at`,
		tenant, box, stamp(to), bit(scope.All), scope.Tenant, stamp(from))
	if err != nil {
		return nil, err
	}
	heard, err := b.heard(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return cut(joined(spans, from, to), heard), nil
}

// joined gives the spans their ends, and joins those of one status. What is not
// known is left out.
func joined(spans []Span, from, to time.Time) []Span {
	var out []Span
	for i, s := range spans {
		if s.Begin.Before(from) {
			s.Begin = from
		}
		s.End = to
		if i+1 < len(spans) {
			s.End = spans[i+1].Begin
		}
		if s.Status == unknown || !s.End.After(s.Begin) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Status == s.Status && out[n-1].End.Equal(s.Begin) {
			out[n-1].End = s.End
			continue
		}
		out = append(out, s)
	}
	return out
}

// Latest is the newest change of each box, for [roster.Roster.Remember] at the
// start. From is not kept.
func (b *Book) Latest(ctx context.Context) ([]roster.Change, error) {
	return query(ctx, b.db, func(rows *sql.Rows) (roster.Change, error) {
		var c roster.Change
		var at int64
		err := rows.Scan(&c.Tenant, &c.Box, &at, &c.To)
		c.At = moment(at)
		return c, err
	}, `SELECT s.tenant, s.box, s.at, s.status FROM spans s JOIN
		(SELECT tenant, box, max(at) AS at FROM spans GROUP BY tenant, box) AS last
		ON last.tenant = s.tenant AND last.box = s.box AND last.at = s.at`)
}

// SparkEvery is between two points of a spark.
const SparkEvery = 15 * time.Minute

// Spark is how many boxes had each status at one time.
type Spark struct {
	At     time.Time
	Counts roster.Counts
}

// Count keeps the counts of all tenants for the quarter of an hour in which at
// lies; a later call within it replaces an earlier one.
func (b *Book) Count(ctx context.Context, at time.Time, counts map[string]roster.Counts) error {
	quarter := stamp(at.Truncate(SparkEvery))
	var rows [][]any
	for tenant, of := range counts {
		for status, n := range of {
			rows = append(rows, []any{tenant, quarter, string(status), n})
		}
	}
	err := b.write(ctx, func(tx *sql.Tx, _ int64) error {
		return b.insert(ctx, tx, `INSERT INTO counts (tenant, at, status, boxes)`, rows,
			`ON CONFLICT (tenant, at, status) DO UPDATE SET boxes = excluded.boxes`)
	})
	if err != nil {
		return fmt.Errorf("book: counts: %w", err)
	}
	return nil
}

// Sparks are the counts of the scope since a time, oldest first.
func (b *Book) Sparks(ctx context.Context, scope roster.Scope, from time.Time) ([]Spark, error) {
	type point struct {
		at     int64
		status roster.Status
		boxes  int
	}
	points, err := query(ctx, b.db, func(rows *sql.Rows) (point, error) {
		var p point
		return p, rows.Scan(&p.at, &p.status, &p.boxes)
	}, `SELECT at, status, CAST(sum(boxes) AS BIGINT) FROM counts WHERE at >= $1 AND (1 = $2 OR tenant = $3)
		GROUP BY at, status ORDER BY at, status`, stamp(from), bit(scope.All), scope.Tenant)
	if err != nil {
		return nil, err
	}
	var sparks []Spark
	for _, p := range points {
		if n := len(sparks); n == 0 || !sparks[n-1].At.Equal(moment(p.at)) {
			sparks = append(sparks, Spark{At: moment(p.at), Counts: roster.Counts{}})
		}
		sparks[len(sparks)-1].Counts[p.status] = p.boxes
	}
	return sparks, nil
}
