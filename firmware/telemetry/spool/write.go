package spool

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"studiobox/provisioning/contract"
)

// batch is what one transaction does.
type batch struct {
	events  []contract.Event // to be numbered and kept
	missed  tally            // events that get a number, but no place
	done    []Mark           // to be let go
	seal    bool             // nothing more is added to the last events_folded event
	note    []byte           // to be remembered; nil = as before
	ceiling uint64           // of the health numbers
}

// write does a batch, with one fsync, or none of it. It returns how many events
// on the disk were folded to stay below the limit in bytes.
func (st *store) write(b batch, limit int) (folded int, err error) {
	t := transaction{epoch: st.epoch, kept: st.kept, bytes: st.bytes, tally: b.missed}
	err = guarded(func() error {
		return st.db.Update(func(tx *bbolt.Tx) error {
			t.events, t.meta = tx.Bucket(eventsBucket), tx.Bucket(metaBucket)
			t.events.FillPercent = 0.95 // keys only rise
			if err := t.do(b, limit); err != nil {
				return err
			}
			t.last = t.events.Sequence()
			if b.note != nil {
				if err := t.meta.Put(noteKey, b.note); err != nil {
					return err
				}
			}
			return t.meta.Put(healthKey, number(b.ceiling))
		})
	})
	if err != nil {
		return 0, err
	}
	st.last, st.kept, st.bytes, st.ceiling = t.last, t.kept, t.bytes, b.ceiling
	return t.folded, nil
}

// transaction is a batch under way.
type transaction struct {
	events, meta *bbolt.Bucket
	epoch        string
	last         uint64
	kept, bytes  int
	tally        tally
	folded       int
}

func (t *transaction) do(b batch, limit int) error {
	if b.seal {
		if err := t.meta.Delete(foldedKey); err != nil {
			return err
		}
	}
	for _, mark := range b.done {
		if mark.Epoch == t.epoch {
			if err := t.remove(number(mark.N)); err != nil {
				return err
			}
		}
	}
	if n := uint64(t.tally.events); n > 0 {
		first := t.events.Sequence() + 1
		if err := t.events.SetSequence(first + n - 1); err != nil {
			return err
		}
		t.tally.span(first, first+n-1)
	}
	for _, e := range b.events {
		if err := t.put(e); err != nil {
			return err
		}
	}
	if t.bytes > limit {
		// More than needed goes at once, so that a full spool does not fold
		// with every batch.
		if err := t.makeRoom(limit - limit/8 - contract.MaxEvent); err != nil {
			return err
		}
	}
	if t.tally.events == 0 {
		return nil
	}
	return t.tell()
}

// put gives the event its number and keeps it.
func (t *transaction) put(e contract.Event) error {
	n, err := t.events.NextSequence()
	if err != nil {
		return err
	}
	e.N, e.Epoch = n, t.epoch
	payload := e.Encode()
	t.kept++
	t.bytes += len(payload)
	return t.events.Put(number(n), pack(payload, letter(e)))
}

// remove lets an event go, if it is still there.
func (t *transaction) remove(key []byte) error {
	record := t.events.Get(key)
	if record == nil {
		return nil
	}
	t.kept--
	t.bytes -= len(record) - recordHead
	return t.events.Delete(key)
}

// makeRoom folds events until no more than the given bytes are left: the oldest
// infos first, then the oldest alarms, and last what was told of others: it may
// have arrived, and then is told twice.
func (t *transaction) makeRoom(target int) error {
	if err := t.absorb(); err != nil {
		return err
	}
	for _, sort := range []byte{letterInfo, letterAlarm, letterFold} {
		for _, key := range t.oldest(sort, t.bytes-target) {
			if err := t.fold(key, sort); err != nil {
				return err
			}
		}
	}
	return nil
}

// fold lets go of an event that the tally then stands for.
func (t *transaction) fold(key []byte, sort byte) error {
	if sort == letterFold {
		return t.swallow(key)
	}
	n := binary.BigEndian.Uint64(key)
	t.tally.span(n, n)
	t.tally.events++
	if sort == letterAlarm {
		t.tally.alarms++
	}
	t.folded++
	return t.remove(key)
}

// oldest lists the keys of the oldest events of one sort that hold at least that
// many bytes together, or of all of that sort.
func (t *transaction) oldest(sort byte, bytes int) (keys [][]byte) {
	cursor := t.events.Cursor()
	for key, record := cursor.First(); key != nil && bytes > 0; key, record = cursor.Next() {
		if record[0] == sort {
			keys = append(keys, append([]byte(nil), key...))
			bytes -= len(record) - recordHead
		}
	}
	return keys
}

// absorb takes the events_folded event back that nobody was shown, if there is one.
func (t *transaction) absorb() error {
	key := t.meta.Get(foldedKey)
	if key == nil || t.events.Get(key) == nil {
		return nil
	}
	return t.swallow(append([]byte(nil), key...))
}

// swallow takes an events_folded event into the tally.
func (t *transaction) swallow(key []byte) error {
	payload, err := unpack(t.events.Get(key))
	if err != nil {
		return err
	}
	told, err := contract.ParseEvent(payload)
	if err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	t.tally.absorb(told)
	return t.remove(key)
}

// tell keeps one event that stands for all that were folded and not yet told.
func (t *transaction) tell() error {
	if err := t.absorb(); err != nil {
		return err
	}
	if err := t.put(t.tally.event(time.Now().Unix())); err != nil {
		return err
	}
	return t.meta.Put(foldedKey, number(t.events.Sequence()))
}
