package book

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// mostEvents bounds the events that wait while the database is away. At the
// usual rate of a fleet of 100,000 that is more than an hour.
const mostEvents = 100_000

// part is one kind of message of one box, of which the latest is kept.
type part struct{ tenant, box, kind string }

// pending is what waits to be written.
type pending struct {
	latest map[part]roster.Update
	events []roster.Update // events and acks
	spans  []roster.Change
}

func newPending() pending { return pending{latest: map[part]roster.Update{}} }

func (p *pending) size() int { return len(p.latest) + len(p.events) + len(p.spans) }

// The kinds that the table "latest" tells apart beside those of the contract: the
// end of a session must not push its birth out, or a late will would.
const (
	kindBirth = "birth"
	kindGone  = "gone"
)

// Keep takes a message to be written within a second. It does not wait. Keep
// what [roster.Outcome] says is to be kept, and nothing that [Book.Changes] told.
func (b *Book) Keep(u roster.Update) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if u.Event != nil || u.Ack != nil {
		b.pending.events = append(b.pending.events, u)
		if over := len(b.pending.events) - mostEvents; over > 0 {
			b.pending.events = slices.Delete(b.pending.events, 0, over)
			b.stats.Dropped += uint64(over)
		}
		return
	}
	kind := string(u.Kind())
	switch {
	case u.State != nil && u.State.On == 1:
		kind = kindBirth
	case u.State != nil:
		kind = kindGone
	}
	b.pending.latest[part{u.Tenant, u.Box, kind}] = u
}

// Note takes changes of status to be written within a second. It does not wait.
func (b *Book) Note(changes ...roster.Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending.spans = append(b.pending.spans, changes...)
	if over := len(b.pending.spans) - mostEvents; over > 0 {
		b.pending.spans = slices.Delete(b.pending.spans, 0, over)
	}
}

// Run writes what is pending once a second and lets go of what is too old, until
// ctx ends; then it writes the rest, for at most five seconds. It returns nil: a
// database that is away is told by Stats, and written to when it is back.
func (b *Book) Run(ctx context.Context) error {
	var group sync.WaitGroup
	// Beside the writing, which a long sweep must not hold up.
	group.Go(func() {
		every(ctx, sweepEvery, func() {
			if err := b.Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
				b.told(err)
			}
		})
	})
	every(ctx, time.Second, func() {
		if err := b.Flush(ctx); ctx.Err() == nil {
			b.told(err)
		}
	})
	group.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	b.told(b.Flush(last))
	return nil
}

// every does work again and again until ctx ends.
func every(ctx context.Context, interval time.Duration, work func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			work()
		}
	}
}

// told notes how a write ended; the same trouble is logged once.
func (b *Book) told(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	b.mu.Lock()
	news := text != b.stats.LastError
	b.stats.LastError = text
	b.mu.Unlock()
	if news && err != nil {
		b.log.Error("book: cannot write, will keep trying", "error", err)
	}
}

// Flush writes what is pending in one transaction. When it returns nil, all that
// Keep and Note were given before it was called is on the disk. What cannot be
// written stays pending.
func (b *Book) Flush(ctx context.Context) error {
	b.flushing.Lock() // or what another flush is about to write would pass for written
	defer b.flushing.Unlock()
	b.mu.Lock()
	p := b.pending
	b.pending = newPending()
	b.mu.Unlock()
	if p.size() == 0 {
		return nil
	}
	err := b.write(ctx, func(tx *sql.Tx, seq int64) error { return b.store(ctx, tx, seq, p) })
	if err != nil {
		b.restore(p)
		return errors.Join(errors.New("book: what the boxes say could not be written; check the database and its disk"), err)
	}
	b.mu.Lock()
	b.stats.LastWrite = time.Now()
	b.mu.Unlock()
	return nil
}

// restore takes back what could not be written.
func (b *Book) restore(p pending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, u := range b.pending.latest {
		p.latest[key] = u // the newer one
	}
	p.events = append(p.events, b.pending.events...)
	p.spans = append(p.spans, b.pending.spans...)
	if over := len(p.events) - mostEvents; over > 0 {
		p.events = p.events[over:]
		b.stats.Dropped += uint64(over)
	}
	p.spans = p.spans[max(len(p.spans)-mostEvents, 0):]
	b.pending = p
}

// store writes all of it.
func (b *Book) store(ctx context.Context, tx *sql.Tx, seq int64, p pending) error {
	latest := make([][]any, 0, len(p.latest))
	for key, u := range p.latest {
		latest = append(latest, []any{key.tenant, key.box, key.kind, stamp(u.At), bit(u.Retained), body(u), seq, b.self})
	}
	slices.SortFunc(latest, func(x, y []any) int { // near rows together: fewer pages are touched
		return cmp.Or(cmp.Compare(x[0].(string), y[0].(string)), cmp.Compare(x[1].(string), y[1].(string)))
	})
	err := b.insert(ctx, tx, `INSERT INTO latest (tenant, box, kind, at, retained, body, seq, writer)`, latest,
		`ON CONFLICT (tenant, box, kind) DO UPDATE SET at = excluded.at, retained = excluded.retained,
		body = excluded.body, seq = excluded.seq, writer = excluded.writer WHERE excluded.at >= latest.at`)
	if err != nil {
		return err
	}
	var events []roster.Update
	var spans [][]any
	for _, u := range p.events {
		if u.Event != nil {
			events = append(events, u)
			continue
		}
		if err := b.storeAck(ctx, tx, u); err != nil {
			return err
		}
	}
	if err := b.storeEvents(ctx, tx, events); err != nil {
		return err
	}
	for _, c := range p.spans {
		spans = append(spans, []any{c.Tenant, c.Box, stamp(c.At), string(c.To)})
	}
	return b.insert(ctx, tx, spanInto, spans, `ON CONFLICT DO NOTHING`)
}

// body is a message as it is kept. PostgreSQL takes no zero bytes in a text; in
// JSON there are none.
func body(u roster.Update) string {
	if u.Want != nil {
		return wantBody(*u.Want)
	}
	return string(u.Raw)
}

// kindOf is the contract's kind of a row of "latest".
func kindOf(kind string) contract.Kind {
	if kind == kindBirth || kind == kindGone {
		return contract.KindState
	}
	return contract.Kind(kind)
}
