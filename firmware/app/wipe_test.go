package app

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
	ledger, err := command.OpenLedger(path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	wipe := contract.Command{ID: "01KBA6Y3Q0000000000000000A", Op: contract.OpWipe, Exp: time.Now().Unix() + 60}
	if err := ledger.Take(wipe, contract.AckAccepted, "anna bert"); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Keep(command.Wish{Want: contract.Want{Rev: 7, Health: 30}}); err != nil {
		t.Fatal(err)
	}
	ledger.Close()
	fill(t, dir, "shows/2026-11-21/a.log", "uplinks.json", "commands.db.broken", leaveFile, "cards/pearl.json", "identity/box.key", "identity/old.key", "events.db", "box.toml")
	settings := []string{filepath.Join(dir, "box.toml"), filepath.Join(dir, "identity", "box.key")}
	if err := prepareData(dir, settings, quiet); err != nil {
		t.Fatal(err)
	}
	if got := len(below(t, dir)); got != 11 {
		t.Fatalf("without an order %d files are left", got)
	}
	if err := markWipe(dir, wipe.ID); err != nil {
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
	if ledger, err = command.OpenLedger(path, quiet); err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	switch taken, known := ledger.Known(wipe); {
	case !known:
		t.Error("the order to wipe could be played again")
	case taken.St == contract.AckAccepted:
		t.Error("nobody will be told that the box was wiped")
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
	if err := markWipe(home, ""); err == nil || strings.Contains(err.Error(), "\n") {
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
	if err := markWipe(dir, ""); err != nil {
		t.Error(err)
	}
}

// TestAWipeThatFailsIsNotNotedAsDone lets the disk hold on to a file.
func TestAWipeThatFailsIsNotNotedAsDone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	quiet := slog.New(slog.DiscardHandler)
	if err := prepareData(dir, nil, quiet); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, ledgerFile)
	ledger, err := command.OpenLedger(path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	wipe := contract.Command{ID: "01KBA6Y3Q0000000000000000A", Op: contract.OpWipe, Exp: time.Now().Unix() + 60}
	if err := errors.Join(ledger.Take(wipe, contract.AckAccepted, "anna bert"), ledger.Close()); err != nil {
		t.Fatal(err)
	}
	if err := markWipe(dir, wipe.ID); err != nil {
		t.Fatal(err)
	}
	state := func() string {
		ledger, err := command.OpenLedger(path, quiet)
		if err != nil {
			t.Fatal(err)
		}
		defer ledger.Close()
		taken, _ := ledger.Known(wipe)
		return taken.St
	}
	mount := filepath.Join(dir, "held")
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	held := unremovable(t, mount)
	if err := prepareData(dir, nil, quiet); err == nil {
		t.Error("the wipe did not fail")
	}
	if got := state(); got != contract.AckAccepted {
		t.Errorf("a wipe that failed is noted as %q", got)
	}
	held()
	if err := prepareData(dir, nil, quiet); err != nil {
		t.Error(err)
	}
	if got := state(); got == contract.AckAccepted {
		t.Error("the wipe of the next start is not noted")
	}
}

// unremovable makes a directory one that cannot be removed, until the function that
// it returns is called: for root by a flag of the file, for others by its mode.
func unremovable(t *testing.T, dir string) (release func()) {
	t.Helper()
	fill(t, dir, "file")
	set := func(plus, mode string) {
		if os.Geteuid() != 0 {
			if out, err := exec.Command("chmod", mode, dir).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return
		}
		if out, err := exec.Command("chattr", plus+"i", filepath.Join(dir, "file")).CombinedOutput(); err != nil {
			t.Skipf("this file system cannot hold on to a file: %v: %s", err, out)
		}
	}
	set("+", "500")
	release = sync.OnceFunc(func() { set("-", "700") })
	t.Cleanup(release)
	return release
}

func TestAWipeThatCameToNothingDoesNotHappenLater(t *testing.T) {
	b := stillBox(t, "rtsp://127.0.0.1:9/main", "") // it has no session yet, and so might be on air
	dir := b.cfg.Settings.Box.DataDir
	fill(t, dir, ownMark)
	if err := b.orderedWipe(t.Context(), "01KBA6Y3Q0000000000000000A"); err == nil {
		t.Fatal("the wipe did not fail")
	}
	if _, err := os.Stat(filepath.Join(dir, wipeMark)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the next start would wipe the box: %v", err)
	}
}
