package app

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"studiobox/firmware/command"
)

const (
	// wipeMark is the file that has the data directory emptied at the next start.
	wipeMark = "wipe-ordered"
	// ownMark says that the whole directory is this program's, and so may be
	// emptied. A directory that held anything else when it was first used never
	// is: somebody may have named his home.
	ownMark = ".studiobox"
)

// ownFiles are what earlier versions left in a data directory.
var ownFiles = []string{showFolder, "uplinks.json", "camera-rate.json", "gstreamer.bin", ledgerFile, spoolFile}

// prepareData makes the data directory, and empties it first if that was ordered.
// What survives is the settings file and all that it names, and the fleet's own
// records: the numbers of commands, or the order to wipe could be played again,
// and the events, or nobody would learn who gave it.
func prepareData(dir string, settings []string, log *slog.Logger) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if err := takeOver(dir); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	mark := filepath.Join(dir, wipeMark)
	id, err := os.ReadFile(mark)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	keep := []string{mark, filepath.Join(dir, ownMark), filepath.Join(dir, ledgerFile), filepath.Join(dir, spoolFile)}
	for _, path := range settings {
		if absolute, err := filepath.Abs(path); err == nil {
			keep = append(keep, absolute)
		}
	}
	if err := empty(dir, keep); err != nil {
		return fmt.Errorf("wipe: %w", err)
	}
	if err := syncFolder(dir); err != nil {
		return fmt.Errorf("wipe: %w", err)
	}
	if err := noteWipe(filepath.Join(dir, ledgerFile), string(id), log); err != nil {
		return fmt.Errorf("wipe: %w", err)
	}
	return unmarkWipe(dir) // it goes last: a power cut before this does it all again
}

// takeOver marks a directory that holds nothing but what is ours.
func takeOver(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !slices.Contains(ownFiles, entry.Name()) {
			return nil // marked already, or shared
		}
	}
	return os.WriteFile(filepath.Join(dir, ownMark), nil, 0o600)
}

// markWipe has the directory emptied at the next start, as the command with this id
// has ordered. When it returns nil the mark is on disk.
func markWipe(dir, id string) error {
	if _, err := os.Stat(filepath.Join(dir, ownMark)); err != nil {
		return fmt.Errorf("%s holds other things than this box's data: %w", dir, err)
	}
	return replaceFile(filepath.Join(dir, wipeMark), []byte(id))
}

// unmarkWipe takes the mark away.
func unmarkWipe(dir string) error {
	if err := errors.Join(os.Remove(filepath.Join(dir, wipeMark)), syncFolder(dir)); err != nil {
		return fmt.Errorf("wipe: %w", err)
	}
	return nil
}

// empty removes all but what is to be kept.
func empty(dir string, keep []string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		within := func(kept string) bool { return strings.HasPrefix(kept, path+string(filepath.Separator)) }
		switch {
		case slices.Contains(keep, path):
		case entry.IsDir() && slices.ContainsFunc(keep, within):
			err = errors.Join(err, empty(path, keep))
		default:
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// noteWipe drops what the fleet wished for, and notes that the order was carried
// out: only then may anybody be told so.
func noteWipe(path, id string, log *slog.Logger) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	ledger, err := command.OpenLedger(path, log)
	if err != nil {
		return err
	}
	return errors.Join(ledger.Wiped(id), ledger.Close(), removeAside(path))
}

// removeAside removes a damaged ledger that was put aside: it is the fleet's record
// no longer.
func removeAside(path string) error {
	if err := os.Remove(path + ".broken"); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes what was made or removed in a directory safe.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
