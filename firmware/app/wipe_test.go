package app

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/firmware/command"
	"studiobox/provisioning/contract"
)

// below lists all files below a directory.
func below(t *testing.T, root string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(root, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// fill writes files that each hold their own name.
func fill(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWipeTakesAllButWhatMustSurvive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	quiet := slog.New(slog.DiscardHandler)
	if err := prepareData(dir, nil, quiet); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, ledgerFile)
	ledger, err := command.OpenLedger(path, time.Now(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	wipe := contract.Command{ID: "01KBA6Y3Q0000000000000000A", Op: contract.OpWipe, Exp: time.Now().Unix() + 60}
	if err := ledger.Take(wipe, contract.AckAccepted, "anna+bert", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Keep(command.Wish{Want: contract.Want{Rev: 7, Health: 30}}); err != nil {
		t.Fatal(err)
	}
	ledger.Close()
	fill(t, dir, "shows/2026-11-21/a.log", "uplinks.json", "cards/pearl.json", "identity/box.key", "identity/old.key", "events.db", "box.toml")
	settings := []string{filepath.Join(dir, "box.toml"), filepath.Join(dir, "identity", "box.key")}
	if err := prepareData(dir, settings, quiet); err != nil {
		t.Fatal(err)
	}
	if got := len(below(t, dir)); got != 9 {
		t.Fatalf("without an order %d files are left", got)
	}
	if err := markWipe(dir); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second start has nothing to do
		if err := prepareData(dir, settings, quiet); err != nil {
			t.Fatal(err)
		}
		want := []string{".studiobox", "box.toml", "commands.db", "events.db", "identity/box.key"}
		if got := below(t, dir); !slices.Equal(got, want) {
			t.Errorf("left: %q", got)
		}
	}
	if ledger, err = command.OpenLedger(path, time.Now(), quiet); err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	if _, known := ledger.Known(wipe); !known {
		t.Error("the order to wipe could be played again")
	}
	if wish, err := ledger.Wish(); err != nil || wish.Want.Health != 0 || wish.Want.Rev != 7 {
		t.Errorf("the wish is %+v, %v", wish, err)
	}
}

func TestADirectoryThatHoldsOtherThingsIsNeverEmptied(t *testing.T) {
	home := t.TempDir()
	fill(t, home, "letters/to-mother.txt")
	if err := prepareData(home, nil, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if err := markWipe(home); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("marked: %v", err)
	}
	if got := below(t, home); !slices.Equal(got, []string{"letters/to-mother.txt"}) {
		t.Errorf("left: %q", got)
	}
}

func TestADirectoryOfAnEarlierVersionCanBeWiped(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, "shows/a.log", "uplinks.json")
	if err := prepareData(dir, nil, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if err := markWipe(dir); err != nil {
		t.Error(err)
	}
}
