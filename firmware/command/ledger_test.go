package command

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

func openAt(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := OpenLedger(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	l.Trust(t0.Add(-time.Hour))
	return l
}

func numbered(n int) contract.Command {
	c := good(contract.OpPing)
	c.ID = fmt.Sprintf("%026d", n)
	return c
}

// copyOf is the file as a power cut at this moment would leave it.
func copyOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.db")
	if err := os.WriteFile(cut, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return cut
}

func TestWhatWasTakenIsOnDiskWhenTakeReturns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	l := openAt(t, path)
	for n := range 20 {
		if err := l.Take(numbered(n), contract.AckAccepted, "ops:anna"); err != nil {
			t.Fatal(err)
		}
		if n%2 == 0 {
			if err := l.Finish(numbered(n).ID, contract.AckDone); err != nil {
				t.Fatal(err)
			}
		}
		after := openAt(t, copyOf(t, path))
		got, known := after.Known(numbered(n))
		want := Taken{Exp: numbered(n).Exp, Op: contract.OpPing, St: contract.AckAccepted, Who: "ops:anna"}
		if n%2 == 0 {
			want.St = contract.AckDone
		}
		if !known || got != want {
			t.Fatalf("command %d: %+v, %t", n, got, known)
		}
	}
	if open := l.Unfinished(); len(open) != 10 {
		t.Errorf("%d unfinished", len(open))
	}
}

func TestAnIdIsKeptUntilItsCommandExpires(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	l := openAt(t, path)
	short, long := numbered(1), numbered(2)
	long.Exp += 7200
	for _, c := range []contract.Command{short, long} {
		if err := l.Take(c, contract.AckDone, ""); err != nil {
			t.Fatal(err)
		}
	}
	l.Trust(t0.Add(90 * time.Minute))
	later := numbered(3)
	later.Iat, later.Exp = later.Iat+5400, later.Exp+5400
	if err := l.Take(later, contract.AckDone, ""); err != nil {
		t.Fatal(err)
	}
	if _, kept := l.taken[short.ID]; kept {
		t.Error("an expired id is kept")
	}
	if _, known := l.Known(long); !known {
		t.Error("an id was forgotten before its time")
	}
	if _, known := l.Known(short); !known {
		t.Error("a forgotten id can be played again on a clock that is set back")
	}
	after := openAt(t, copyOf(t, path))
	if _, known := after.Known(short); !known {
		t.Error("after a restart a forgotten id can be played again")
	}
}

func TestAFullLedgerRefusesRatherThanForgets(t *testing.T) {
	l := NewLedger()
	l.Trust(t0)
	for n := range mostTaken {
		if err := l.Note(numbered(n), contract.AckDone, fmt.Sprint(n/mostHeld)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Take(numbered(mostTaken), contract.AckDone, "another"); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
	if _, known := l.Known(numbered(0)); !known {
		t.Error("an id was forgotten before its time")
	}
	stop := good(contract.OpStop)
	if err := l.Note(stop, contract.AckAccepted, "another"); err != nil {
		t.Errorf("a stop has no room: %v", err)
	}
	l.Trust(t0.Add(time.Hour))
	if err := l.Save(""); err != nil {
		t.Fatal(err)
	}
	if err := l.Note(numbered(mostTaken), contract.AckDone, "another"); err != nil {
		t.Errorf("room that has become free: %v", err)
	}
}

func TestOneSignerCannotFillTheLedger(t *testing.T) {
	l := NewLedger()
	l.Trust(t0)
	for n := range mostHeld + 5 {
		if err := l.Note(numbered(n), contract.AckDone, "mad"); errors.Is(err, ErrFull) != (n >= mostHeld) {
			t.Fatalf("id %d: %v", n, err)
		}
	}
	if err := l.Note(numbered(mostHeld), contract.AckDone, "sane"); err != nil {
		t.Error(err)
	}
}

func TestABarOutlivesTheProgramAndNoMoreThanItsCommands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	l := openAt(t, path)
	l.Bar("mad", t0.Unix())
	if err := l.Save(""); err != nil {
		t.Fatal(err)
	}
	after := openAt(t, copyOf(t, path))
	if !after.Barred("mad", t0.Unix()) || after.Barred("mad", t0.Unix()+1) || after.Barred("sane", 0) {
		t.Errorf("bars %v", after.marks.Bars)
	}
	after.Trust(t0.AddDate(0, 0, 2))
	if err := after.Save(""); err != nil || len(after.marks.Bars) > 0 {
		t.Errorf("bars %v, %v", after.marks.Bars, err)
	}
}

func TestAClockThatJumpedAheadByItselfMakesNothingForgotten(t *testing.T) {
	l := openAt(t, filepath.Join(t.TempDir(), "fleet.db"))
	if err := l.Take(numbered(1), contract.AckDone, ""); err != nil {
		t.Fatal(err)
	}
	l.Signed(t0.AddDate(1, 0, 0).Unix()) // and somebody signs on such a clock
	if err := l.Save(""); err != nil {
		t.Fatal(err)
	}
	if _, kept := l.taken[numbered(1).ID]; !kept {
		t.Error("the id is forgotten")
	}
}

func TestALedgerThatVanishedRefusesWhatWasSignedBeforeTheClockWasSet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	for range 2 { // the second time it is kept over a restart
		l, err := OpenLedger(path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if l.Settled() {
			t.Error("it claims to know what went before")
		}
		l.Close()
	}
	l, err := OpenLedger(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l.Trust(t0)
	before, after := numbered(1), numbered(2)
	before.Iat--
	stop := good(contract.OpStop)
	stop.Iat--
	for c, want := range map[contract.Command]bool{before: true, after: false, stop: false} {
		if _, known := l.Known(c); known != want {
			t.Errorf("%s signed at %d: known %t", c.Op, c.Iat, known)
		}
	}
	if !l.Stale() || l.Save("") != nil || l.Stale() {
		t.Error("the first moment is not kept")
	}
	l.Close()
	l = openAt(t, path)
	if _, known := l.Known(before); !known {
		t.Error("after a restart it can be played again")
	}
}

func TestTheNewestMomentsOutliveTheProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	l := openAt(t, path)
	for _, c := range []struct {
		note func()
		want time.Time
	}{
		{func() { l.Trust(t0) }, t0},
		{func() { l.Signed(t0.Add(time.Hour).Unix()) }, t0.Add(time.Hour - contract.ClockSlack*time.Second)},
	} {
		c.note()
		if err := l.Save(""); err != nil {
			t.Fatal(err)
		}
		after, err := OpenLedger(copyOf(t, path), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got := after.Floor(); !got.Equal(c.want) {
			t.Errorf("floor %s, want %s", got, c.want)
		}
		after.Close()
	}
}

func TestADamagedLedgerIsPutAsideAndWhatWasSignedBeforeIsRefused(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"zeros":     func(b []byte) []byte { clear(b); return b },
		"cut short": func(b []byte) []byte { return b[:len(b)/3] },
		"noise in the middle": func(b []byte) []byte {
			for i := 2 * os.Getpagesize(); i < len(b); i++ {
				b[i] ^= 0x5a
			}
			return b
		},
	} {
		path := filepath.Join(t.TempDir(), "fleet.db")
		l := openAt(t, path)
		for n := range 50 {
			if err := l.Take(numbered(n), contract.AckDone, ""); err != nil {
				t.Fatal(err)
			}
		}
		cut := copyOf(t, path)
		text, err := os.ReadFile(cut)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(cut, damage(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err = OpenLedger(cut, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if l.Settled() {
			t.Errorf("%s: it claims to know what went before", name)
		}
		l.Trust(t0.Add(time.Second))
		if _, known := l.Known(numbered(7)); !known {
			t.Errorf("%s: a command of before can be played again", name)
		}
		after := numbered(99)
		after.Iat = t0.Unix() + 2
		if _, known := l.Known(after); known {
			t.Errorf("%s: a command of after is refused", name)
		}
		if _, err := os.Stat(cut + ".broken"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		l.Close()
	}
}

func TestALedgerThatCannotBeWrittenIsAnErrorAndNothingIsPutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "fleet.db")
	if l, err := OpenLedger(path, slog.New(slog.DiscardHandler)); err == nil {
		l.Close()
		t.Error("opened")
	}
}
