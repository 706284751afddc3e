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
	l, err := OpenLedger(path, t0, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
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
		if err := l.Take(numbered(n), contract.AckAccepted, "ops:anna", t0); err != nil {
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
	if open, err := l.Unfinished(); err != nil || len(open) != 10 {
		t.Errorf("%d unfinished, %v", len(open), err)
	}
}

func TestAnIdIsKeptUntilItsCommandExpires(t *testing.T) {
	l := openAt(t, filepath.Join(t.TempDir(), "fleet.db"))
	short, long := numbered(1), numbered(2)
	long.Exp += 7200
	for _, c := range []contract.Command{short, long} {
		if err := l.Take(c, contract.AckDone, "", t0); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Take(numbered(3), contract.AckDone, "", t0.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, known := l.Known(short); known {
		t.Error("an expired id is kept")
	}
	if _, known := l.Known(long); !known {
		t.Error("an id was forgotten before its time")
	}
}

func TestAFullLedgerRefusesRatherThanForgets(t *testing.T) {
	l := openAt(t, filepath.Join(t.TempDir(), "fleet.db"))
	if err := l.Take(numbered(0), contract.AckDone, "", t0); err != nil {
		t.Fatal(err)
	}
	l.count = mostTaken // as if there were so many
	if err := l.Take(numbered(1), contract.AckDone, "", t0); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
	if _, known := l.Known(numbered(0)); !known {
		t.Error("an id was forgotten before its time")
	}
	if err := l.Take(numbered(1), contract.AckDone, "", t0.Add(time.Hour)); !errors.Is(err, ErrFull) && err != nil {
		t.Error(err)
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
			if err := l.Take(numbered(n), contract.AckDone, "", t0); err != nil {
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
		l, err = OpenLedger(cut, t0.Add(time.Second), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
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
	if l, err := OpenLedger(path, t0, slog.New(slog.DiscardHandler)); err == nil {
		l.Close()
		t.Error("opened")
	}
}
