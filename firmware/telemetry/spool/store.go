package spool

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"studiobox/provisioning/contract"
)

// errDamaged marks a file whose content cannot be what was written.
var errDamaged = errors.New("the file is damaged")

// What the file consists of. Numbers are 8 bytes, big-endian.
var (
	eventsBucket = []byte("events") // number -> record; its sequence is the last number
	metaBucket   = []byte("meta")
	epochKey     = []byte("epoch")
	healthKey    = []byte("health") // ceiling of the health numbers
	foldedKey    = []byte("folded") // number of the events_folded event that nobody was shown yet
	noteKey      = []byte("note")   // see Spool.Remember
)

// store is one open file.
type store struct {
	db      *bbolt.DB
	epoch   string
	last    uint64 // the writer's, like kept and bytes
	kept    int
	bytes   int
	ceiling uint64
	note    []byte
	spoiled atomic.Bool // a reader found damage
}

// openStore opens a file that exists and reads it all, once. The error is
// errDamaged, or the disk's.
func openStore(path string) (*store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err // bbolt would make it
	}
	st := &store{}
	err := guarded(func() (err error) {
		st.db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
		if err != nil {
			return err
		}
		return st.db.View(st.read)
	})
	if err == nil {
		return st, nil
	}
	if st.db != nil {
		st.close()
	}
	var errno syscall.Errno
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, errors.New("another program has the file open; end it")
	case errors.As(err, &errno), errors.Is(err, errDamaged):
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", errDamaged, err)
}

// makeStore writes a new file with a new epoch and nothing in it.
func makeStore(path string) error {
	return guarded(func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
		if err != nil {
			return err
		}
		var id [4]byte
		rand.Read(id[:]) // never fails
		err = db.Update(func(tx *bbolt.Tx) error {
			if _, err := tx.CreateBucket(eventsBucket); err != nil {
				return err
			}
			meta, err := tx.CreateBucket(metaBucket)
			if err != nil {
				return err
			}
			return meta.Put(epochKey, []byte(hex.EncodeToString(id[:])))
		})
		return errors.Join(err, db.Close())
	})
}

// read checks all of the file and counts.
func (st *store) read(tx *bbolt.Tx) error {
	events, meta := tx.Bucket(eventsBucket), tx.Bucket(metaBucket)
	if events == nil || meta == nil || len(meta.Get(epochKey)) == 0 {
		return fmt.Errorf("%w: it is no event spool", errDamaged)
	}
	st.epoch = string(meta.Get(epochKey))
	if ceiling := meta.Get(healthKey); len(ceiling) == 8 {
		st.ceiling = binary.BigEndian.Uint64(ceiling)
	}
	st.note = bytes.Clone(meta.Get(noteKey))
	st.last = events.Sequence()
	return events.ForEach(func(key, value []byte) error {
		payload, err := unpack(value)
		if err != nil {
			return err
		}
		e, err := contract.ParseEvent(payload)
		if err != nil || e.Epoch != st.epoch || e.N > st.last || !bytes.Equal(key, number(e.N)) {
			return fmt.Errorf("%w: event %d is another's", errDamaged, e.N)
		}
		if !bytes.Equal(events.Get(key), value) { // a branch of the tree leads astray
			return fmt.Errorf("%w: event %d cannot be found", errDamaged, e.N)
		}
		st.kept++
		st.bytes += len(payload)
		return nil
	})
}

// next is Spool.Next on this file; unsealed tells that the list ended before an
// event that is still added to.
func (st *store) next(after Mark, most int, skip func(Mark) bool) (found []Event, unsealed bool, err error) {
	from := uint64(0)
	if after.Epoch == st.epoch {
		from = after.N
	}
	err = guarded(func() error {
		return st.db.View(func(tx *bbolt.Tx) error {
			cursor, open := tx.Bucket(eventsBucket).Cursor(), tx.Bucket(metaBucket).Get(foldedKey)
			for key, value := cursor.Seek(number(from + 1)); key != nil && len(found) < most; key, value = cursor.Next() {
				if unsealed = bytes.Equal(key, open); unsealed {
					return nil
				}
				payload, err := unpack(value)
				if err != nil {
					return err
				}
				mark := Mark{st.epoch, binary.BigEndian.Uint64(key)}
				if !skip(mark) {
					found = append(found, Event{mark, append([]byte(nil), payload...)})
				}
			}
			return nil
		})
	})
	return found, unsealed, err
}

// close is quick, and has nothing left to write.
func (st *store) close() { st.db.Close() }

// number is how the file spells a number.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// A record is a letter, the payload's CRC-32 and the payload. bbolt itself has
// sums for its root only.
const (
	letterInfo  = 'i'
	letterAlarm = 'a'
	letterFold  = 'f' // an events_folded event
	recordHead  = 5
)

func pack(payload []byte, letter byte) []byte {
	record := binary.BigEndian.AppendUint32([]byte{letter}, crc32.ChecksumIEEE(payload))
	return append(record, payload...)
}

func unpack(record []byte) (payload []byte, err error) {
	if len(record) < recordHead || crc32.ChecksumIEEE(record[recordHead:]) != binary.BigEndian.Uint32(record[1:]) {
		return nil, fmt.Errorf("%w: an event's sum is wrong", errDamaged)
	}
	return record[recordHead:], nil
}

// guarded calls what reads or writes a bbolt file. Damage makes bbolt panic, and
// a file that is shorter than it says makes reading its memory map a fault: both
// become errDamaged.
func guarded(use func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("%w: %v", errDamaged, value)
		}
	}()
	return use()
}
