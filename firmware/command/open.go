package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolt "go.etcd.io/bbolt/errors"
)

// errDamaged is in the chain when a file is there and makes no sense.
var errDamaged = errors.New("damaged")

// The buckets, and the key of those with a single value.
var (
	takenBucket = []byte("taken")
	wishBucket  = []byte("wish")
	marksBucket = []byte("marks")
	onlyKey     = []byte("1")
)

// OpenLedger opens or makes the file. One that is damaged is put aside under the
// name path.broken. A new file, the first or in the place of one that was lost,
// knows nothing of what was taken before: until [Ledger.Trust] has told it the
// time it is not settled, and what was signed before then is refused.
func OpenLedger(path string, log *slog.Logger) (*Ledger, error) {
	l, err := openLedger(path)
	if !errors.Is(err, errDamaged) {
		return l, err
	}
	log.Warn("the ledger of commands is damaged; what was signed before now is refused", "file", path, "error", err)
	if err := os.Rename(path, path+".broken"); err != nil {
		return nil, fmt.Errorf("ledger of commands: %w", err)
	}
	return openLedger(path)
}

// NewLedger is a ledger without a file: the end of the program forgets it. It
// stands in for one whose disk refuses.
func NewLedger() *Ledger { return newLedger(nil) }

func openLedger(path string) (*Ledger, error) {
	db, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("ledger of commands: %s: %w", path, err)
	}
	l := newLedger(db)
	if err := l.begin(); err != nil {
		_ = db.Close() // the error at hand says more
		return nil, fmt.Errorf("ledger of commands: %s: %w", path, err)
	}
	return l, nil
}

// openFile makes one error of all that the library says of a damaged file.
func openFile(path string) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer caught(&err)
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	for _, damage := range []error{bolt.ErrInvalid, bolt.ErrChecksum, bolt.ErrVersionMismatch, bolt.ErrInvalidMapping} {
		if errors.Is(err, damage) {
			return nil, errors.Join(errDamaged, err)
		}
	}
	return db, err
}

// begin makes the buckets and reads every entry, so that damage is met now and not
// in the middle of a command.
func (l *Ledger) begin() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer caught(&err)
	return l.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{takenBucket, wishBucket, marksBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		if text := tx.Bucket(marksBucket).Get(onlyKey); text != nil {
			if err := json.Unmarshal(text, &l.marks); err != nil {
				return errors.Join(errDamaged, err)
			}
			l.savedAt = l.marks.Sure
		}
		return tx.Bucket(takenBucket).ForEach(func(id, text []byte) error {
			var t Taken
			if err := json.Unmarshal(text, &t); err != nil {
				return errors.Join(errDamaged, err)
			}
			l.taken[string(id)] = t
			l.held[t.Who]++
			return nil
		})
	})
}

// caught turns a panic into an error. The library panics on a page that makes no
// sense; reading one that the file no longer has is a memory fault, which the
// callers make a panic too.
func caught(err *error) {
	if reason := recover(); reason != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, reason)
	}
}

// update changes the file, if there is one.
func (l *Ledger) update(change func(tx *bbolt.Tx) error) error {
	if l.db == nil {
		return nil
	}
	if err := l.db.Update(change); err != nil {
		return fmt.Errorf("ledger of commands: %w", err)
	}
	return nil
}

func put(bucket *bbolt.Bucket, key []byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return bucket.Put(key, text)
}
