package book

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

func TestATimelineSaysNothingOfTimesInWhichNobodyListened(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		one, two := open(t, address), open(t, address)
		minute := func(n int64) time.Time { return at(n * 60) }
		for n, status := range map[int64]roster.Status{0: roster.Live, 50: roster.Offline, 95: roster.Live} {
			one.Note(roster.Change{Tenant: "bank-a", Box: box, To: status, At: minute(n)})
		}
		must(t, one.Flush(t.Context()))
		expect := func(want ...Span) {
			t.Helper()
			spans, err := two.Timeline(t.Context(), bank, "bank-a", box, minute(-10), minute(100))
			must(t, err)
			if fmt.Sprint(spans) != fmt.Sprint(want) {
				t.Errorf("spans %v\nwant  %v", spans, want)
			}
		}
		expect(Span{roster.Live, minute(0), minute(50)}, Span{roster.Offline, minute(50), minute(95)}, Span{roster.Live, minute(95), minute(100)})
		for n := int64(10); n <= 20; n++ {
			must(t, one.Listened(t.Context(), minute(10), minute(n)))
		}
		must(t, two.Listened(t.Context(), minute(15), minute(30))) // each hears a share of the fleet
		must(t, one.Listened(t.Context(), minute(60), minute(80)))
		must(t, one.Listened(t.Context(), minute(81), minute(90))) // the broker was away for a moment
		expect(Span{roster.Live, minute(0), minute(32)}, Span{roster.Offline, minute(60), minute(92)})
		must(t, one.Sweep(t.Context(), minute(20).Add(keepSpans)))
		spans, err := two.Timeline(t.Context(), bank, "bank-a", box, minute(25), minute(100))
		must(t, err)
		if len(spans) != 2 || spans[1].Begin != minute(60) {
			t.Errorf("after a sweep %v", spans)
		}
	})
}

func TestABoxThatWasTakenOffHasNoStatusUntilItIsBack(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		list, other := []roster.Listed{{Tenant: "bank-a", Box: box}}, []roster.Listed{{Tenant: "bank-a", Box: "SB-000002"}}
		_, err := b.Import(t.Context(), ops, list, false)
		must(t, err)
		b.Note(roster.Change{Tenant: "bank-a", Box: box, To: roster.Live, At: time.Now().Add(-time.Hour)})
		must(t, b.Flush(t.Context()))
		_, err = b.Replace(t.Context(), ops, "ops:anna", other, false)
		must(t, err)
		spans, err := b.Timeline(t.Context(), bank, "bank-a", box, time.Now().Add(-2*time.Hour), time.Now().Add(time.Hour))
		must(t, err)
		if len(spans) != 1 || spans[0].Status != roster.Live || spans[0].End.After(time.Now()) {
			t.Errorf("spans %v", spans)
		}
	})
}

func TestGapsAreLookedForAmongTheLatestEventsOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		for n := uint64(1); n <= gapEvents+100; n++ {
			if n != 20 && n != 50 && n != 500 { // 20 is too long ago to be shown
				b.Keep(event(t, n))
			}
		}
		old := event(t, 7)
		old.Event.Epoch, old.At = "e0", at(0)
		b.Keep(old)
		must(t, b.Flush(t.Context()))
		late := event(t, 60) // it waited at the broker
		late.Event.N, late.At = 50, at(5000)
		b.Keep(late)
		late.Event = &contract.Event{V: 1, Epoch: "e1", N: 2, Code: "c"} // and this one came again
		b.Keep(late)
		must(t, b.Flush(t.Context()))
		found, err := b.Gaps(t.Context(), bank, "bank-a", box)
		must(t, err)
		if want := "[{e1 500 500}]"; fmt.Sprint(found) != want {
			t.Errorf("gaps %v, want %s", found, want)
		}
	})
}

func TestLostEventsAreCountedOnAndOldOnesThatWereDeletedAreNotLost(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		lost := func(want uint64) {
			t.Helper()
			got, err := b.countLost(t.Context())
			must(t, err)
			if got != want {
				t.Errorf("%d lost, want %d", got, want)
			}
		}
		for _, u := range []roster.Update{event(t, 3), event(t, 5), event(t, 3), event(t, 9, 6, 7)} {
			b.Keep(u)
		}
		must(t, b.Flush(t.Context()))
		lost(2) // 4 and 8
		b.Keep(event(t, 4))
		b.Keep(event(t, 5))
		late := event(t, 12)
		late.At = at(86400)
		b.Keep(late)
		must(t, b.Flush(t.Context()))
		lost(3) // 8, 10 and 11
		must(t, b.Sweep(t.Context(), at(3600).Add(keepEvents)))
		var n int
		must(t, b.db.QueryRow(`SELECT count(*) FROM events`).Scan(&n))
		if n != 1 {
			t.Fatalf("%d events were kept", n)
		}
		lost(3)
		must(t, b.Sweep(t.Context(), at(2*86400).Add(keepEvents)))
		lost(0) // nobody has heard of the box for 90 days
	})
}

func TestEventsOfAnOlderProgramAreCountedWhenTheTableIsMade(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		for _, n := range []uint64{3, 4, 9} {
			b.Keep(event(t, n))
		}
		b.Keep(event(t, 15, 5, 6))
		must(t, b.Flush(t.Context()))
		for _, undo := range []string{`DROP TABLE epochs`, `DROP TABLE listening`, `DROP INDEX commands_sent`, `DELETE FROM migrations WHERE n = 4`} {
			_, err := b.db.Exec(undo)
			must(t, err)
		}
		b.Close()
		b = open(t, address)
		b.Keep(event(t, 16))
		must(t, b.Flush(t.Context()))
		if lost, err := b.countLost(t.Context()); err != nil || lost != 7 { // 7, 8, 10 to 14
			t.Errorf("%d lost, want 7: %v", lost, err)
		}
	})
}

func TestOnlyCommandsThatAreOpenAreReadToBeRepeated(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		give := func(id string, ends int64) {
			must(t, b.AddCommand(t.Context(), Command{ID: id, Tenant: "bank-a", Box: box, Sealed: []byte(id), At: at(0), Ends: at(ends)}))
		}
		give("old but open", 9000)
		for i := range 600 {
			give(fmt.Sprintf("run out %d", i), 10)
		}
		const answered = "01JD0000000000000000000001"
		give(answered, 9000)
		b.Keep(ack(t, box, 1, contract.Ack{ID: answered, St: contract.AckDone}))
		give("new", 100)
		must(t, b.Flush(t.Context()))
		got, err := b.Unanswered(t.Context(), at(20))
		must(t, err)
		if len(got) != 2 || got[0].ID != "new" || got[1].ID != "old but open" || string(got[1].Sealed) != "old but open" {
			t.Errorf("%d commands: %+v", len(got), got)
		}
	})
}

func TestTheQuestionForOpenCommandsReadsNoOthers(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "book.db"))
	rows, err := b.db.Query(`EXPLAIN QUERY PLAN SELECT ` + commandColumns + ` FROM commands WHERE state = 'sent' AND ends > 1 ORDER BY ends, id LIMIT 9`)
	must(t, err)
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var text string
		must(t, rows.Scan(&id, &parent, &unused, &text))
		plan.WriteString(text + "\n")
	}
	if !strings.Contains(plan.String(), "commands_sent") {
		t.Errorf("the plan:\n%s", plan.String())
	}
}

func TestTheDatabasesFilesAreTheirOwnersAlone(t *testing.T) {
	fresh, old := filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "b.db")
	open(t, old).Close()
	must(t, os.Chmod(old, 0o644))
	for _, path := range []string{fresh, "sqlite:" + old} {
		b := open(t, path)
		b.Keep(event(t, 1))
		must(t, b.Flush(t.Context()))
		path = strings.TrimPrefix(path, "sqlite:")
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			info, err := os.Stat(name)
			must(t, err)
			if got := info.Mode().Perm(); got != 0o600 {
				t.Errorf("%s is %v", filepath.Base(name), got)
			}
		}
	}
}
