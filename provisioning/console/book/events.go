package book

import (
	"context"
	"database/sql"
	"math"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// Event is one event of a box and when it arrived.
type Event struct {
	contract.Event
	Tenant, Box string
	At          time.Time
}

const eventInto = `INSERT INTO events (tenant, box, ep, n, at, ts, code, sev, clr, det, who, folded_first, folded_last)`

// eventRow is an event as a row.
func eventRow(u roster.Update) []any {
	e := u.Event
	var first, last int64
	if e.Folded != nil {
		first, last = number(e.Folded[0]), number(e.Folded[1])
	}
	return []any{u.Tenant, u.Box, e.Epoch, number(e.N), stamp(u.At), e.TS, e.Code, e.Sev, e.Clr, e.Det, e.By, first, last}
}

// number brings a count into the range of the databases.
func number(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

const eventColumns = `tenant, box, ep, n, at, ts, code, sev, clr, det, who, folded_first, folded_last`

func scanEvent(rows *sql.Rows) (Event, error) {
	var e Event
	var n, at, first, last int64
	err := rows.Scan(&e.Tenant, &e.Box, &e.Epoch, &n, &at, &e.TS, &e.Code, &e.Sev, &e.Clr, &e.Det, &e.By, &first, &last)
	e.V, e.N, e.At = contract.Version, uint64(n), moment(at)
	if last > 0 {
		e.Folded = &[2]uint64{uint64(first), uint64(last)}
	}
	return e, err
}

// Events are events of a box of the scope that arrived before a time, the latest
// first, at most limit. The zero time means the latest.
func (b *Book) Events(ctx context.Context, scope roster.Scope, tenant, box string, before time.Time, limit int) ([]Event, error) {
	end := stamp(before)
	if end == 0 {
		end = 1 << 62
	}
	return query(ctx, b.db, scanEvent, `SELECT `+eventColumns+` FROM events
		WHERE tenant = $1 AND box = $2 AND at < $3 AND (1 = $4 OR tenant = $5) ORDER BY at DESC, n DESC LIMIT $6`,
		tenant, box, end, bit(scope.All), scope.Tenant, bounded(limit))
}
