package showlog

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	mostBytes = 24 << 20
	// partBytes is the size of one file: a show is cut into parts, so that the
	// oldest can go while it runs.
	partBytes = 1 << 20
	syncEvery = time.Minute
	nameForm  = "show-%06d-%03d.jsonl"
)

// store is the folder on the card. Each show begins a file of its own, so that
// no run of the program ever adds to a file that a power cut may have torn.
type store struct {
	dir  string
	keep time.Duration
	most int64

	file   *os.File // nil = the next write makes one
	part   part
	size   int64
	synced time.Time
	dirty  bool  // written since the last sync
	broken error // why the last write failed
}

// part is one file of one show.
type part struct {
	show, number int
	size         int64
	changed      time.Time
}

func (p part) name() string { return fmt.Sprintf(nameForm, p.show, p.number) }

// openStore makes the folder and tries whether it can be written.
func openStore(cfg Config) (*store, error) {
	if cfg.Dir == "" {
		return nil, errors.New("no folder is set")
	}
	s := &store{
		dir: cfg.Dir, keep: cmp.Or(cfg.Keep, 24*time.Hour), most: cmp.Or(cfg.MaxBytes, int64(mostBytes)),
	}
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return nil, fmt.Errorf("folder of shows: %w", err)
	}
	probe, err := os.CreateTemp(s.dir, ".probe-")
	if err != nil {
		return nil, fmt.Errorf("folder of shows: %w", err)
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name()) // if it stays, it is empty
	return s, nil
}

// parts lists the files, oldest first. A folder that cannot be read has none.
func (s *store) parts() []part {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil
	}
	var parts []part
	for _, entry := range entries {
		var p part
		if n, err := fmt.Sscanf(entry.Name(), nameForm, &p.show, &p.number); n != 2 || err != nil || p.name() != entry.Name() {
			continue
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		p.size, p.changed = info.Size(), info.ModTime()
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.show, b.show), cmp.Compare(a.number, b.number))
	})
	return parts
}

// newest is the number of the newest show, 0 when there is none.
func (s *store) newest() int {
	parts := s.parts()
	if len(parts) == 0 {
		return 0
	}
	return parts[len(parts)-1].show
}

// append writes entries in one go to each file that they belong to, and syncs
// once a minute. It tells whether the card began or ceased to fail. What could
// not be written is lost to the file.
func (s *store) append(entries []Entry, now time.Time) (changed bool, err error) {
	err = s.write(entries, now)
	changed = (err == nil) != (s.broken == nil)
	if err == nil && len(entries) == 0 {
		return false, nil // nothing was proved
	}
	s.broken = err
	return changed, err
}

func (s *store) write(entries []Entry, now time.Time) error {
	for len(entries) > 0 {
		show := entries[0].Show
		own := slices.IndexFunc(entries, func(e Entry) bool { return e.Show != show })
		if own < 0 {
			own = len(entries)
		}
		if err := s.writeShow(show, entries[:own], now); err != nil {
			s.close()
			return err
		}
		entries = entries[own:]
	}
	if s.dirty && s.file != nil && now.Sub(s.synced).Abs() >= syncEvery {
		s.synced, s.dirty = now, false
		if err := s.file.Sync(); err != nil {
			return fmt.Errorf("record of show %d: %w", s.part.show, err)
		}
	}
	return nil
}

func (s *store) writeShow(show int, entries []Entry, now time.Time) error {
	var lines []byte
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			continue // a figure that is no number; the next entry is a second away
		}
		lines = append(append(lines, line...), '\n')
	}
	full := s.size > 0 && s.size+int64(len(lines)) > partBytes
	if s.file == nil || s.part.show != show || full {
		if err := s.begin(show, now); err != nil {
			return err
		}
	}
	n, err := s.file.Write(lines)
	s.size += int64(n)
	s.dirty = true
	if err != nil {
		return fmt.Errorf("record of show %d: %w", show, err)
	}
	return nil
}

// begin makes the next file of a show and drops what is too old or too much.
func (s *store) begin(show int, now time.Time) error {
	s.close()
	parts := s.parts()
	next := part{show: show, number: 1}
	if last := len(parts) - 1; last >= 0 && parts[last].show == show {
		next.number = parts[last].number + 1
	}
	s.prune(parts, show, now)
	file, err := os.OpenFile(filepath.Join(s.dir, next.name()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return fmt.Errorf("record of show %d: %w", show, err)
	}
	s.file, s.part, s.size = file, next, 0
	return nil
}

// prune keeps a day, and room for the file that is about to begin. The newest
// show but one stays whatever the clock says: it may be about to jump.
func (s *store) prune(parts []part, show int, now time.Time) {
	var total int64
	before := 0 // the show before this one
	for _, p := range parts {
		total += p.size
		if p.show < show {
			before = p.show
		}
	}
	for _, p := range parts {
		old := now.Sub(p.changed) > s.keep && p.show < before
		if !old && total <= s.most-partBytes {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, p.name())); err == nil || errors.Is(err, fs.ErrNotExist) {
			total -= p.size
		}
	}
}

func (s *store) close() {
	if s.file == nil {
		return
	}
	if s.dirty {
		_ = s.file.Sync() // a card that fails here has told so before, or will
		s.dirty = false
	}
	_ = s.file.Close()
	s.file = nil
}
