package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"studiobox/provisioning/contract"
)

// codeBroken is the condition of a spool that cannot keep events.
const codeBroken = "spool_broken"

// keepDamaged is how many damaged files stay for whoever wants to know why.
const keepDamaged = 2

// open makes s.store from the file, from a new one if there is none, or from a
// new one in the place of a damaged one.
func (s *Spool) open() error {
	var st *store
	err := s.damage
	if err == nil {
		st, err = openStore(s.path)
	}
	if errors.Is(err, errDamaged) {
		if err := s.moveAside(err); err != nil {
			return err
		}
		s.damage = nil
		err = os.ErrNotExist
	}
	if errors.Is(err, os.ErrNotExist) {
		st, err = s.begin()
	}
	if err != nil {
		return err
	}
	s.use(st)
	return nil
}

// use goes on with an open file. The first thing that it writes are health
// numbers for this run, so that none is given out twice. Whoever adds meanwhile
// does not wait for the disk.
func (s *Spool) use(st *store) {
	s.mu.Lock()
	s.numbers.resume(st.ceiling)
	wanted := s.numbers.wanted()
	s.mu.Unlock()
	_, err := st.write(batch{ceiling: wanted}, s.limits.Bytes)
	s.file.Lock()
	s.store = st
	s.file.Unlock()
	s.mu.Lock()
	if err == nil {
		s.numbers.ceiling = st.ceiling
	}
	if s.note == nil {
		s.note = st.note
	} else {
		s.noted = !bytes.Equal(s.note, st.note)
	}
	again := s.show()
	s.mu.Unlock()
	s.mended(again)
	nudge(s.fresh)
	nudge(s.wake)
}

// begin makes the file under another name first: a box that loses its power
// meanwhile finds none, instead of half of one.
func (s *Spool) begin() (*store, error) {
	draft := s.path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := makeStore(draft); err != nil {
		return nil, err
	}
	if err := os.Rename(draft, s.path); err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Dir(s.path)); err != nil {
		return nil, err
	}
	return openStore(s.path)
}

// replace gives up a file that turned out to be damaged while it was in use. It
// is not closed: closing could wait for ever on what a panic left locked.
func (s *Spool) replace() error {
	s.file.Lock()
	s.store = nil
	s.file.Unlock()
	s.damage = errDamaged
	return s.open()
}

// moveAside keeps a damaged file under a name that tells, and tells the fleet
// side. Of several the last ones stay.
func (s *Spool) moveAside(damage error) error {
	name := s.path + ".damaged-" + time.Now().UTC().Format("20060102T150405Z")
	if err := os.Rename(s.path, name); err != nil {
		return fmt.Errorf("%w, and cannot be moved aside: %w", damage, err)
	}
	s.log.Warn("event spool: moved a damaged file aside, begins a new count", "error", damage, "file", name)
	s.Add(codeBroken, contract.SeverityWarn, "damaged", "", false)
	old, err := filepath.Glob(s.path + ".damaged-*")
	if err != nil {
		return nil // a path with wildcards in it: nothing is cleared away
	}
	slices.Sort(old)
	for _, name := range old[:max(0, len(old)-keepDamaged)] {
		if err := os.Remove(name); err != nil {
			s.log.Warn("event spool: cannot remove an old damaged file", "error", err)
		}
	}
	return nil
}

// syncDir makes a rename in the directory safe.
func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
