package book

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// The people and the boxes of the tests.
var (
	ops  = roster.Scope{All: true}
	bank = roster.Scope{Tenant: "bank-a"}
)

const box = "SB-000001"

// at is an instant of the tests, so many seconds after their beginning.
func at(seconds int64) time.Time { return time.Unix(1_800_000_000+seconds, 0).UTC() }

// onBoth runs a test with an empty database of each kind.
func onBoth(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "a book.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, postgresAddress(t)) })
}

func open(t testing.TB, address string) *Book {
	t.Helper()
	b, err := Open(t.Context(), address, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// said is a message of a box of bank-a, as it would come from the broker.
func said(t testing.TB, box string, at time.Time, kind contract.Kind, payload []byte) roster.Update {
	t.Helper()
	u, err := roster.Decode(contract.Topic{Tenant: "bank-a", Box: box, Kind: kind}, payload, at, false)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func event(t testing.TB, n uint64, folded ...uint64) roster.Update {
	e := contract.Event{Epoch: "e1", N: n, Code: "too_hot", Sev: contract.SeverityWarn, TS: 1}
	if len(folded) == 2 {
		e.Folded = &[2]uint64{folded[0], folded[1]}
	}
	return said(t, box, at(int64(n)), contract.KindEvent, e.Encode())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMigrationsAreDoneOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		open(t, address).Close()
		b := open(t, address)
		var n int
		must(t, b.db.QueryRow(`SELECT count(*) FROM migrations`).Scan(&n))
		if n != len(migrations()) {
			t.Errorf("%d migrations were done, want %d", n, len(migrations()))
		}
		_, err := b.db.Exec(`INSERT INTO migrations (n, at) VALUES ($1, 0)`, n+1)
		must(t, err)
		if _, err := Open(t.Context(), address, slog.New(slog.DiscardHandler)); err == nil {
			t.Error("a database of a later version was opened")
		}
	})
}

func TestWhatBoxesSaidIsThereAfterARestart(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		birth := contract.State{V: 1, On: 1, St: "live", Boot: "b1"}
		b.Keep(said(t, box, at(1), contract.KindState, birth.Encode()))
		b.Keep(said(t, box, at(2), contract.KindState, contract.Will("b0").Encode()))
		b.Keep(said(t, box, at(3), contract.KindHealth, contract.Health{N: 7, St: "live"}.Encode()))
		b.Keep(said(t, box, at(4), contract.KindHealth, contract.Health{N: 8, St: "live", Al: []string{"too_hot"}}.Encode()))
		b.Keep(roster.Update{Tenant: "bank-a", Box: box, At: at(5), Want: &contract.Want{V: 1, Rev: 4, Health: 300}})
		b.Note(roster.Change{Tenant: "bank-a", Box: box, To: roster.Live, At: at(1)})
		must(t, b.Flush(t.Context()))
		b.Keep(said(t, box, at(2), contract.KindHealth, contract.Health{N: 1, St: "idle"}.Encode())) // late
		must(t, b.Flush(t.Context()))
		b.Close()

		r, again := roster.New(roster.Rules{}), open(t, address)
		upTo, err := again.Changes(t.Context(), 0, Reader{Update: func(u roster.Update) { r.Apply(u) }})
		must(t, err)
		last, err := again.Latest(t.Context())
		must(t, err)
		r.Remember(last...)
		got, _ := r.Box(ops, "bank-a", box)
		if got.Status != roster.Live || got.Health.N != 8 || got.Want.Rev != 4 || !got.Since.Equal(at(1)) || len(got.Conditions) != 1 {
			t.Errorf("box %+v", got)
		}
		if more, err := again.Changes(t.Context(), upTo, Reader{Update: func(roster.Update) { t.Error("told twice") }}); err != nil || more != upTo {
			t.Errorf("up to %d, error %v", more, err)
		}
	})
}

func TestAnEventIsKeptOnceAndGapsAreSeen(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		for _, u := range []roster.Update{event(t, 3), event(t, 4), event(t, 3), event(t, 9), event(t, 12, 10, 11), event(t, 15, 6, 7)} {
			b.Keep(u)
			must(t, b.Flush(t.Context()))
		}
		again := event(t, 4) // the box did not see that the broker had it
		again.At = at(1000)
		b.Keep(again)
		must(t, b.Flush(t.Context()))
		events, err := b.Events(t.Context(), bank, "bank-a", box, time.Time{}, 100)
		must(t, err)
		if len(events) != 5 || events[0].N != 15 || events[0].Folded[0] != 6 {
			t.Errorf("%d events: %+v", len(events), events)
		}
		found, err := b.Gaps(t.Context(), bank, "bank-a", box)
		must(t, err)
		if want := "[{e1 5 5} {e1 8 8} {e1 13 14}]"; fmt.Sprint(found) != want {
			t.Errorf("gaps %v, want %s", found, want)
		}
		must(t, b.Sweep(t.Context(), at(100)))
		if lost := b.Stats().Lost; lost != 4 {
			t.Errorf("%d lost events, want 4", lost)
		}
		before, err := b.Events(t.Context(), bank, "bank-a", box, at(9), 1)
		must(t, err)
		if len(before) != 1 || before[0].N != 4 {
			t.Errorf("before 9: %+v", before)
		}
	})
}

func TestATimelineHasNoHolesAndBeginsBeforeItsWindow(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		for seconds, status := range map[int64]roster.Status{0: roster.Offline, 100: roster.Ready, 200: roster.Live, 210: roster.Live, 300: roster.Offline} {
			b.Note(roster.Change{Tenant: "bank-a", Box: box, To: status, At: at(seconds)})
			b.Note(roster.Change{Tenant: "bank-a", Box: box, To: status, At: at(seconds)}) // another console tells the same
		}
		must(t, b.Flush(t.Context()))
		spans, err := b.Timeline(t.Context(), bank, "bank-a", box, at(150), at(400))
		must(t, err)
		want := []Span{{roster.Ready, at(150), at(200)}, {roster.Live, at(200), at(300)}, {roster.Offline, at(300), at(400)}}
		if fmt.Sprint(spans) != fmt.Sprint(want) {
			t.Errorf("spans %v\nwant  %v", spans, want)
		}
	})
}

func TestSparksAddUpTheTenantsOfTheScope(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		for _, seconds := range []int64{0, 60, 900} {
			must(t, b.Count(t.Context(), at(seconds), map[string]roster.Counts{
				"bank-a": {roster.Live: int(seconds), roster.Ready: 1}, "bank-b": {roster.Live: 5}}))
		}
		all, err := b.Sparks(t.Context(), ops, at(0))
		must(t, err)
		own, err := b.Sparks(t.Context(), bank, at(0))
		must(t, err)
		if len(all) != 2 || all[0].Counts[roster.Live] != 65 || all[1].Counts[roster.Live] != 905 || own[1].Counts[roster.Live] != 900 {
			t.Errorf("all %v, own %v", all, own)
		}
	})
}

func ack(t testing.TB, box string, seconds int64, a contract.Ack) roster.Update {
	return said(t, box, at(seconds), contract.KindAck, a.Encode())
}

func TestACommandMovesOnAndNeverBack(t *testing.T) {
	const id = "01JD0000000000000000000001"
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		c := Command{ID: id, Tenant: "bank-a", Box: box, Op: contract.OpStop, Class: contract.ClassStream, Body: []byte(`{"v":1}`),
			Sealed: []byte("a.b.c"), Signers: []string{"ops:anna"}, Who: "ops:anna", At: at(0), Ends: at(60)}
		must(t, b.AddCommand(t.Context(), c))
		if err := b.AddCommand(t.Context(), c); err == nil {
			t.Error("a command was kept twice")
		}
		for _, step := range []struct {
			ack  roster.Update
			want string
		}{
			{ack(t, "SB-000002", 1, contract.Ack{ID: id, St: contract.AckDone}), CommandSent}, // not its box
			{ack(t, box, 2, contract.Ack{ID: id, St: contract.AckAccepted}), contract.AckAccepted},
			{ack(t, box, 3, contract.Ack{ID: id, St: contract.AckDone}), contract.AckDone},
			{ack(t, box, 4, contract.Ack{ID: id, St: contract.AckAccepted}), contract.AckDone},
			{ack(t, box, 5, contract.Ack{ID: id, St: contract.AckRefused, Why: contract.RefusedReplay, Was: contract.AckDone}), contract.AckDone},
		} {
			b.Keep(step.ack)
			must(t, b.Flush(t.Context()))
			got, err := b.Commands(t.Context(), bank, "bank-a", box, 10)
			must(t, err)
			if len(got) != 1 || got[0].State != step.want || got[0].Signers[0] != "ops:anna" || string(got[0].Body) != `{"v":1}` {
				t.Fatalf("after %+v: %+v, want %s", *step.ack.Ack, got, step.want)
			}
		}
	})
}

func TestADraftIsTakenByOne(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		for i, ends := range []int64{60, 10} {
			must(t, b.AddDraft(t.Context(), Draft{ID: fmt.Sprint(i), Tenant: "bank-a", Box: box, Op: contract.OpWipe, Who: "ops:anna", At: at(0), Ends: at(ends)}))
		}
		drafts, err := b.Drafts(t.Context(), bank, at(20))
		must(t, err)
		if len(drafts) != 1 || drafts[0].ID != "0" {
			t.Fatalf("drafts %+v", drafts)
		}
		second := Command{ID: "0", Tenant: "bank-a", Box: box, Op: contract.OpWipe, Who: "ops:ben", At: at(20), Ends: at(60)}
		if err := b.FinishDraft(t.Context(), roster.Scope{Tenant: "bank-b"}, second); !errors.Is(err, ErrNoDraft) {
			t.Errorf("another tenant finished it: %v", err)
		}
		taken := make(chan error)
		for range 4 {
			go func() { taken <- b.FinishDraft(t.Context(), bank, second) }()
		}
		n := 0
		for range 4 {
			switch err := <-taken; {
			case err == nil:
				n++
			case !errors.Is(err, ErrNoDraft):
				t.Error(err)
			}
		}
		commands, err := b.Commands(t.Context(), bank, "bank-a", box, 10)
		must(t, err)
		if n != 1 || len(commands) != 1 || commands[0].Who != "ops:ben" {
			t.Errorf("finished %d times: %+v", n, commands)
		}
		late := second
		late.ID = "1"
		if err := b.FinishDraft(t.Context(), ops, late); !errors.Is(err, ErrNoDraft) {
			t.Errorf("one that has run out: %v", err)
		}
	})
}

func TestADraftWhoseCommandCannotBeKeptStays(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		must(t, b.AddDraft(t.Context(), Draft{ID: "0", Tenant: "bank-a", Box: box, Op: contract.OpWipe, Who: "ops:anna", At: at(0), Ends: at(60)}))
		c := Command{ID: "0", Tenant: "bank-a", Box: box, Op: contract.OpWipe, At: at(1), Ends: at(60)}
		must(t, b.AddCommand(t.Context(), c))
		if err := b.FinishDraft(t.Context(), bank, c); !errors.Is(err, ErrTwice) {
			t.Errorf("kept twice: %v", err)
		}
		drafts, err := b.Drafts(t.Context(), bank, at(2))
		must(t, err)
		if len(drafts) != 1 {
			t.Errorf("drafts %+v, want the one", drafts)
		}
		must(t, b.DropDraft(t.Context(), bank, "0", at(2)))
		if err := b.DropDraft(t.Context(), bank, "0", at(2)); !errors.Is(err, ErrNoDraft) {
			t.Errorf("dropped twice: %v", err)
		}
	})
}

func TestOldThingsGoAndTheLastStatusStays(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		day := int64(86400)
		b.Keep(event(t, 1))
		late := event(t, 2)
		late.At = at(2 * day)
		b.Keep(late)
		for _, d := range []int64{0, 1, 70} {
			b.Note(roster.Change{Tenant: "bank-a", Box: box, To: roster.Ready, At: at(d * day)})
		}
		must(t, b.Flush(t.Context()))
		must(t, b.Count(t.Context(), at(0), map[string]roster.Counts{"bank-a": {roster.Live: 1}}))
		must(t, b.Sweep(t.Context(), at(91*day)))
		for table, want := range map[string]int{"events": 1, "spans": 2, "counts": 0} {
			var n int
			must(t, b.db.QueryRow(`SELECT count(*) FROM `+table).Scan(&n))
			if n != want {
				t.Errorf("%d rows in %s, want %d", n, table, want)
			}
		}
	})
}

func TestAMessageThatADatabaseCannotHoldHarmsNoOther(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		for i, det := range []string{"a\x00b", "\xff\xfe", "'; DROP TABLE events; --"} {
			e := contract.Event{V: 1, Epoch: "e", N: uint64(i + 1), Code: "c", Det: det}
			b.Keep(roster.Update{Tenant: "bank-a", Box: box, At: at(1), Event: &e})
		}
		b.Keep(roster.Update{Tenant: "bank-a", Box: box, At: at(1), Raw: []byte("{\"v\":1,\"model\":\"\xff\x00\"}"), Info: &contract.Info{}})
		must(t, b.Flush(t.Context()))
		events, err := b.Events(t.Context(), ops, "bank-a", box, time.Time{}, 10)
		must(t, err)
		if len(events) != 3 || events[0].Det != "'; DROP TABLE events; --" {
			t.Errorf("%+v", events)
		}
	})
}

func TestWhatCannotBeWrittenWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		b.Keep(event(t, 1))
		broken, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Flush(broken); err == nil {
			t.Fatal("written with a dead context")
		}
		b.Keep(event(t, 2))
		if s := b.Stats(); s.Pending != 2 {
			t.Errorf("%d pending, want 2", s.Pending)
		}
		must(t, b.Flush(t.Context()))
		events, err := b.Events(t.Context(), ops, "bank-a", box, time.Time{}, 10)
		must(t, err)
		if len(events) != 2 || b.Stats().Pending != 0 {
			t.Errorf("%d events, %d pending", len(events), b.Stats().Pending)
		}
	})
}

func TestWhatWaitsAtTheEndIsWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx) }()
		b.Keep(event(t, 1))
		end()
		must(t, <-ended)
		events, err := b.Events(t.Context(), ops, "bank-a", box, time.Time{}, 10)
		must(t, err)
		if len(events) != 1 || b.Stats().LastError != "" {
			t.Errorf("%d events, error %q", len(events), b.Stats().LastError)
		}
	})
}

func TestEveryRefOfAnotherTenantIsNobodys(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		b.Keep(event(t, 1))
		b.Keep(event(t, 3))
		b.Note(roster.Change{Tenant: "bank-a", Box: box, To: roster.Ready, At: at(0)})
		must(t, b.Flush(t.Context()))
		must(t, b.Count(t.Context(), at(0), map[string]roster.Counts{"bank-a": {roster.Live: 1}}))
		must(t, b.AddCommand(t.Context(), Command{ID: "c", Tenant: "bank-a", Box: box, At: at(0)}))
		must(t, b.AddDraft(t.Context(), Draft{ID: "d", Tenant: "bank-a", Box: box, At: at(0), Ends: at(60)}))
		_, err := b.Import(t.Context(), ops, []roster.Listed{{Tenant: "bank-a", Box: box}}, false)
		must(t, err)
		_, err = b.Quarantine(t.Context(), ops, "bank-a", box, "ops:anna", false)
		must(t, err)
		_, err = b.Quarantine(t.Context(), ops, "bank-a", box, "ops:anna", true)
		must(t, err)
		for _, scope := range []roster.Scope{{}, {Tenant: "bank-b"}} {
			for what, got := range seen(t, b, scope) {
				if got != "[]" && got != "null" && got != "false" {
					t.Errorf("%+v sees %s: %s", scope, what, got)
				}
			}
			if err := b.SetMark(t.Context(), roster.Scope{}, roster.Mark{Key: "k"}); err == nil {
				t.Error("the zero scope left a mark")
			}
		}
		for what, got := range seen(t, b, bank) {
			if got == "[]" || got == "null" || got == "false" {
				t.Errorf("the owner does not see %s", what)
			}
		}
	})
}

// seen is what a scope gets to see of bank-a, by the question.
func seen(t *testing.T, b *Book, scope roster.Scope) map[string]string {
	t.Helper()
	out := map[string]string{}
	note := func(what string, got any, err error) {
		must(t, err)
		text, _ := json.Marshal(got)
		out[what] = string(text)
	}
	ctx := t.Context()
	events, err := b.Events(ctx, scope, "bank-a", box, time.Time{}, 10)
	note("events", events, err)
	missing, err := b.Gaps(ctx, scope, "bank-a", box)
	note("gaps", missing, err)
	spans, err := b.Timeline(ctx, scope, "bank-a", box, at(0), at(100))
	note("timeline", spans, err)
	sparks, err := b.Sparks(ctx, scope, at(0))
	note("sparks", sparks, err)
	commands, err := b.Commands(ctx, scope, "", "", 10)
	note("commands", commands, err)
	drafts, err := b.Drafts(ctx, scope, at(0))
	note("drafts", drafts, err)
	acts, err := b.Acts(ctx, scope, "bank-a", box, 10)
	note("acts", acts, err)
	quarantined, err := b.Quarantine(ctx, scope, "bank-a", box, "ops:anna", true)
	note("quarantine", quarantined, err)
	err = b.DropDraft(ctx, scope, "d", at(0))
	note("a draft", err == nil, nil)
	return out
}

func TestWhatAnotherFlushIsWritingDoesNotPassForWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		b.Keep(event(t, 1))
		b.writing.Lock() // the first flush stands still on its way to the database
		first := make(chan error, 1)
		go func() { first <- b.Flush(t.Context()) }()
		for b.Stats().Pending > 0 {
			<-time.After(time.Millisecond)
		}
		found := make(chan int, 1)
		go func() {
			if err := b.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			events, err := b.Events(context.WithoutCancel(t.Context()), ops, "bank-a", box, time.Time{}, 10)
			if err != nil {
				t.Error(err)
			}
			found <- len(events)
		}()
		<-time.After(50 * time.Millisecond) // for a second one that does not wait
		b.writing.Unlock()
		must(t, <-first)
		if n := <-found; n != 1 {
			t.Errorf("%d events are there after a flush", n)
		}
	})
}
