package fleet

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"studiobox/provisioning/console"
	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
)

func TestOfATimeWithoutABrokerNothingIsPainted(t *testing.T) {
	ctx := t.Context()
	b, err := book.Open(ctx, filepath.Join(t.TempDir(), "fleet.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	p := &picture{roster: roster.New(roster.Rules{}), book: b, vitals: console.NewVitals(), log: slog.New(slog.DiscardHandler)}
	all, begun := roster.Scope{All: true}, time.Now()
	listed := roster.Listed{Tenant: "bank-a", Box: "SB-000001", Health: time.Minute, At: begun}
	if _, err := b.Import(ctx, all, []roster.Listed{listed}, false); err != nil {
		t.Fatal(err)
	}
	if err := p.recall(ctx); err != nil {
		t.Fatal(err)
	}
	b.Note(roster.Change{Tenant: "bank-a", Box: "SB-000001", To: roster.Ready, At: begun})
	if err := b.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	painted := func(now time.Time) (sparks int, spans time.Duration) {
		t.Helper()
		if err := p.everyMinute(ctx, now); err != nil {
			t.Fatal(err)
		}
		counts, err := b.Sparks(ctx, all, begun.Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		line, err := b.Timeline(ctx, all, "bank-a", "SB-000001", begun, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range line {
			spans += span.End.Sub(span.Begin)
		}
		return len(counts), spans
	}
	p.hear(begun)
	sparks, spans := painted(begun.Add(20 * time.Minute))
	if sparks == 0 || spans < 19*time.Minute {
		t.Errorf("twenty minutes were heard: %d sparks, a timeline of %v", sparks, spans)
	}
	p.hear(time.Time{})
	later, stretched := painted(begun.Add(2 * time.Hour))
	if later > sparks || stretched > spans+5*time.Minute {
		t.Errorf("then nobody listened: %d sparks, a timeline of %v, before %d and %v", later, stretched, sparks, spans)
	}
}
