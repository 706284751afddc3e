// Package carried remembers for each uplink what it carried, so that the next
// show begins there instead of guessing.
package carried

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// mostUplinks bounds the book: a box that travels meets many.
const mostUplinks = 32

// Entry is what an uplink last proved to carry.
type Entry struct {
	Kbps int       `json:"kbps"`
	At   time.Time `json:"at"`
}

// Book is what is known of all uplinks. It is safe for concurrent use.
type Book struct {
	path    string // "" keeps it in memory
	mutex   sync.Mutex
	entries map[string]Entry
}

// Open reads the book; a missing one is empty. A book that cannot be read is
// empty too, and the error says why: the show must go on without it.
func Open(path string) (*Book, error) {
	b := &Book{path: path, entries: map[string]Entry{}}
	if path == "" {
		return b, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &b.entries)
	}
	if err != nil || b.entries == nil {
		b.entries = map[string]Entry{}
		return b, fmt.Errorf("what the uplinks carried: %s: %w", path, err)
	}
	return b, nil
}

// Kbps is what an uplink last carried, in kbit/s; 0 = nobody knows.
func (b *Book) Kbps(uplink string) int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return max(0, b.entries[uplink].Kbps)
}

// Note writes down what an uplink carried, in kbit/s. The file is replaced as a
// whole, so that a power cut leaves the old one or the new one.
func (b *Book) Note(uplink string, kbps int, at time.Time) error {
	if uplink == "" || kbps <= 0 {
		return nil
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.entries[uplink] = Entry{Kbps: kbps, At: at.UTC()}
	for len(b.entries) > mostUplinks {
		delete(b.entries, b.oldest())
	}
	if b.path == "" {
		return nil
	}
	if err := b.write(); err != nil {
		return fmt.Errorf("what the uplinks carried: %w", err)
	}
	return nil
}

func (b *Book) oldest() (uplink string) {
	for name, e := range b.entries {
		if uplink == "" || e.At.Before(b.entries[uplink].At) {
			uplink = name
		}
	}
	return uplink
}

func (b *Book) write() error {
	text, err := json.MarshalIndent(b.entries, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(b.path), 0o755); err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(b.path), filepath.Base(b.path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	_, err = next.Write(text)
	err = errors.Join(err, next.Sync(), next.Close())
	if err != nil {
		return err
	}
	return os.Rename(next.Name(), b.path)
}
