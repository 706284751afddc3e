package fleet

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"studiobox/provisioning/console"
	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// countEvery is how often the counts of a quarter of an hour are brought up to
// date.
const countEvery = time.Minute

// picture keeps the roster in step with what boxes say, with what other consoles
// wrote into the book, and with time.
type picture struct {
	roster *roster.Roster
	book   *book.Book
	vitals *console.Vitals
	log    *slog.Logger
	acked  func(contract.Ack) // each answer to a command
	upTo   int64              // number of the last change that was read from the book

	mu    sync.Mutex
	heard time.Time // since when messages arrive; zero: they do not
	deaf  time.Time // since when they do not any more; zero: they never did
}

// recall fills the roster with all that the book knows.
func (p *picture) recall(ctx context.Context) error {
	if err := p.catchUp(ctx); err != nil {
		return err
	}
	last, err := p.book.Latest(ctx)
	if err != nil {
		return err
	}
	p.roster.Remember(last...)
	return nil
}

// catchUp reads what other consoles wrote.
func (p *picture) catchUp(ctx context.Context) error {
	upTo, err := p.book.Changes(ctx, p.upTo, book.Reader{
		Listed: func(l roster.Listed) { p.note(p.roster.List(time.Now(), l)...) },
		Update: func(u roster.Update) { p.roster.Apply(u) }, // whoever heard it has written it
		Mark:   p.roster.SetMark,
	})
	p.upTo = upTo
	return err
}

// take is one message of a box.
func (p *picture) take(u roster.Update) {
	outcome := p.roster.Apply(u)
	if !outcome.Kept {
		return
	}
	p.book.Keep(u)
	p.vitals.Take(u)
	if u.Ack != nil {
		p.acked(*u.Ack)
	}
	if outcome.Change != nil {
		p.note(*outcome.Change)
	}
}

// hear is told since when messages arrive; the zero time says that they do not.
func (p *picture) hear(since time.Time) {
	now := time.Now()
	p.mu.Lock()
	p.heard, p.deaf = since, time.Time{}
	if since.IsZero() {
		p.deaf = now
	}
	p.mu.Unlock()
	p.note(p.roster.Hear(since, now)...)
}

// hearing tells the page whether messages arrive, and since when not; why is what
// the connection says of it.
func (p *picture) hearing(why string) console.Hearing {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.heard.IsZero() {
		return console.Hearing{Since: p.deaf, Why: why}
	}
	return console.Hearing{OK: true, Since: p.heard}
}

func (p *picture) note(changes ...roster.Change) {
	if len(changes) > 0 {
		p.book.Note(changes...)
	}
}

// everyMinute writes what only time makes: marks that ended with their row, since
// when boxes are heard, and how many have which status. Of a time in which nobody
// listens nothing is known: sparks and timelines have a gap.
func (p *picture) everyMinute(ctx context.Context, now time.Time) error {
	p.mu.Lock()
	since := p.heard
	p.mu.Unlock()
	errs := []error{p.book.Settle(ctx, p.roster.Settled()...)}
	if !since.IsZero() {
		counts := p.roster.CountsByTenant(roster.Scope{All: true})
		errs = append(errs, p.book.Listened(ctx, since, now), p.book.Count(ctx, now, counts))
	}
	return errors.Join(errs...)
}

// Run lets time pass until ctx ends. A book that is away is waited for.
func (p *picture) Run(ctx context.Context) error {
	second, count := time.NewTicker(time.Second), time.NewTicker(countEvery)
	defer second.Stop()
	defer count.Stop()
	away := false
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case now := <-second.C:
			p.note(p.roster.Tick(now)...)
			err = p.catchUp(ctx)
		case now := <-count.C:
			err = p.everyMinute(ctx, now)
		}
		if ctx.Err() == nil && (err != nil) != away {
			away = err != nil
			p.log.Warn("the database", "works", !away, "error", err)
		}
	}
}
