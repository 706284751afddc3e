package book

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// console is a book and a roster as one program has them.
type console struct {
	book   *Book
	roster *roster.Roster
	upTo   int64
}

func newConsole(t *testing.T, address string) *console {
	c := &console{book: open(t, address), roster: roster.New(roster.Rules{})}
	c.roster.Hear(at(0), at(0))
	c.poll(t)
	return c
}

// hear takes a message from the broker.
func (c *console) hear(t *testing.T, u roster.Update) {
	out := c.roster.Apply(u)
	if out.Kept {
		c.book.Keep(u)
	}
	if out.Change != nil {
		c.book.Note(*out.Change)
	}
	must(t, c.book.Flush(t.Context()))
}

// poll takes what the others wrote.
func (c *console) poll(t *testing.T) {
	t.Helper()
	upTo, err := c.book.Changes(t.Context(), c.upTo, Reader{
		Listed: func(l roster.Listed) { c.roster.List(at(0), l) },
		Update: func(u roster.Update) { c.roster.Apply(u) },
		Mark:   c.roster.SetMark,
	})
	must(t, err)
	c.upTo = upTo
}

func TestTwoConsolesThatShareTheMessagesHaveOnePicture(t *testing.T) {
	address := postgresAddress(t)
	one, two := newConsole(t, address), newConsole(t, address)
	state := func(seconds int64, on int, st, boot string) roster.Update {
		return said(t, box, at(seconds), contract.KindState, contract.State{V: 1, On: on, St: st, Boot: boot}.Encode())
	}
	health := func(seconds int64, n uint64, st string) roster.Update {
		return said(t, box, at(seconds), contract.KindHealth, contract.Health{N: n, St: st}.Encode())
	}
	_, err := one.book.Import(t.Context(), ops, []roster.Listed{{Tenant: "bank-a", Box: box, Business: "A"}}, false)
	must(t, err)
	must(t, two.book.SetMark(t.Context(), ops, roster.Mark{Key: "k", Owner: "anna"}))
	steps := []struct {
		who  *console
		said roster.Update
	}{
		{one, state(1, 1, "idle", "b1")},
		{two, health(2, 1, "idle")},
		{two, state(3, 1, "live", "b1")},
		{one, state(10, 1, "live", "b2")},
		{two, state(11, 0, contract.StLost, "b1")}, // the late will reaches the one that knows least
		{one, health(12, 2, "live")},
		{two, health(27, 3, "live")},
	}
	for _, step := range steps {
		step.who.hear(t, step.said)
	}
	for _, c := range []*console{one, two} {
		c.poll(t)
		b, _ := c.roster.Box(ops, "bank-a", box)
		if b.Status != roster.Live || b.Health.N != 3 || b.Business != "A" || !b.Listed {
			t.Errorf("box %+v", b)
		}
		if m := c.roster.Mark(ops, "k"); c == one && m.Owner != "anna" {
			t.Errorf("mark %+v", m)
		}
	}
	third := newConsole(t, address) // started later
	if b, _ := third.roster.Box(ops, "bank-a", box); b.Status != roster.Live || b.Health.N != 3 {
		t.Errorf("the third sees %+v", b)
	}
}

func TestAMarkThatIsOverIsOverForEveryConsoleUnlessSomebodySpokeAnew(t *testing.T) {
	address := postgresAddress(t)
	one, two := newConsole(t, address), newConsole(t, address)
	old := roster.Mark{Key: "k", Owner: "anna", AckedBy: "anna", AckedAt: at(1)}
	anew := roster.Mark{Key: "l", Owner: "anna", AckedBy: "ben", AckedAt: at(9)}
	must(t, one.book.SetMark(t.Context(), ops, old))
	must(t, one.book.SetMark(t.Context(), ops, anew))
	two.poll(t)
	stale := anew
	stale.AckedAt = at(1)
	taken := roster.Mark{Key: "m", AckedBy: "anna", AckedAt: at(1)}
	must(t, one.book.Settle(t.Context(), roster.Said{Scope: ops, Mark: old, Over: true}, roster.Said{Scope: ops, Mark: stale, Over: true},
		roster.Said{Scope: ops, Mark: taken}, roster.Said{Scope: ops, Mark: roster.Mark{Key: "l", Owner: "eva"}}))
	two.poll(t)
	for _, want := range []roster.Mark{{Key: "k"}, anew, taken} {
		if got := two.roster.Mark(ops, want.Key); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestNoChangeOfAnotherConsoleIsMissed(t *testing.T) {
	const writers, rounds = 4, 40
	address := postgresAddress(t)
	reader := open(t, address)
	seen := map[string]uint64{}
	upTo := int64(0)
	poll := func() {
		var err error
		upTo, err = reader.Changes(t.Context(), upTo, Reader{Update: func(u roster.Update) { seen[u.Box] = max(seen[u.Box], u.Health.N) }})
		must(t, err)
	}
	var group sync.WaitGroup
	for w := range writers {
		b := open(t, address)
		group.Go(func() {
			for n := range uint64(rounds) {
				for i := range 3 {
					id := fmt.Sprintf("SB-%d-%04d", w, (int(n)+i)%rounds)
					b.Keep(said(t, id, at(int64(n)), contract.KindHealth, contract.Health{N: n + 1}.Encode()))
				}
				if err := b.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { group.Wait(); close(ended) }()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(time.Millisecond):
		}
		poll() // never looks back
	}
	if len(seen) != writers*rounds {
		t.Errorf("%d boxes were seen, want %d", len(seen), writers*rounds)
	}
	for id, n := range seen {
		var last int64
		must(t, reader.db.QueryRow(`SELECT at FROM latest WHERE box = $1`, id).Scan(&last))
		if want := uint64(moment(last).Sub(at(0))/time.Second) + 1; n != want {
			t.Errorf("%s: saw %d, the database has %d", id, n, want)
		}
	}
}

func TestConsolesThatStartTogetherMakeTheTablesOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				b, err := Open(t.Context(), address, nil)
				if err != nil {
					t.Error(err)
					return
				}
				b.Close()
			})
		}
		group.Wait()
	})
}

func BenchmarkASecondOf100000Boxes(b *testing.B) {
	for name, address := range map[string]func() string{
		"SQLite":     func() string { return b.TempDir() + "/book.db" },
		"PostgreSQL": func() string { return postgresAddress(b) },
	} {
		b.Run(name, func(b *testing.B) {
			book := open(b, address())
			payload := contract.Health{N: 1, St: "live", Cam: []contract.Cam{{FPS: 30}}}.Encode()
			n, before := 0, processor()
			for b.Loop() {
				for range 1667 { // at one message a minute
					n++
					u := said(b, fmt.Sprintf("SB-%06d", n%100_000), at(int64(n/100_000)), contract.KindHealth, payload)
					book.Keep(u)
				}
				must(b, book.Flush(b.Context()))
			}
			b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op") // without PostgreSQL's own
		})
	}
}

// processor is the processor time of this program in nanoseconds.
func processor() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
