package onvif

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// FileLedger keeps a Change in a small file.
type FileLedger struct {
	// Path of the file; its directory is made when needed.
	Path string
}

// Load reads the file; one that is missing or damaged holds no change.
func (l FileLedger) Load() (Change, bool) {
	var c Change
	text, err := os.ReadFile(l.Path)
	if err != nil || json.Unmarshal(text, &c) != nil || c.Token == "" || c.Original <= 0 {
		return Change{}, false
	}
	return c, true
}

// Keep writes the file so that a power cut leaves the old one or the new one.
func (l FileLedger) Keep(c Change) error {
	if err := l.write(c); err != nil {
		return fmt.Errorf("camera's ledger: %w", err)
	}
	return nil
}

func (l FileLedger) write(c Change) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	dir := filepath.Dir(l.Path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(dir, ".camera-*")
	if err != nil {
		return err
	}
	defer os.Remove(fresh.Name()) // gone already when all went well
	_, err = fresh.Write(text)
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	if err := os.Rename(fresh.Name(), l.Path); err != nil {
		return err
	}
	return syncDir(dir)
}

// Forget removes the file.
func (l FileLedger) Forget() error {
	if err := os.Remove(l.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("camera's ledger: %w", err)
	}
	return nil
}

// syncDir makes a rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
