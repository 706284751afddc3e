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

// OpenLedger opens or makes the file. One that is damaged is put aside under the
// name path.broken, and a new one takes its place as [NewLedger] makes it.
func OpenLedger(path string, now time.Time, log *slog.Logger) (*Ledger, error) {
	l, err := openLedger(path)
	if !errors.Is(err, errDamaged) {
		return l, err
	}
	log.Warn("the ledger of commands is damaged; what was signed before now is refused", "file", path, "error", err)
	if err := os.Rename(path, path+".broken"); err != nil {
		return nil, fmt.Errorf("ledger of commands: %w", err)
	}
	return NewLedger(path, now)
}

// NewLedger opens or makes a file that takes the place of one that is lost. It
// knows nothing of what was taken before, and so refuses what was signed before.
func NewLedger(path string, now time.Time) (*Ledger, error) {
	l, err := openLedger(path)
	if err != nil {
		return nil, err
	}
	l.lost = now.Unix()
	return l, l.put(lostBucket, onlyKey, l.lost)
}

func openLedger(path string) (*Ledger, error) {
	db, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("ledger of commands: %s: %w", path, err)
	}
	l := &Ledger{db: db}
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

// begin makes the buckets and reads every entry once, so that damage is met now
// and not in the middle of a command.
func (l *Ledger) begin() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer caught(&err)
	return l.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{takenBucket, wishBucket, lostBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		if text := tx.Bucket(lostBucket).Get(onlyKey); text != nil {
			if err := json.Unmarshal(text, &l.lost); err != nil {
				return errors.Join(errDamaged, err)
			}
		}
		return tx.Bucket(takenBucket).ForEach(func(_, text []byte) error {
			l.count++
			if err := json.Unmarshal(text, &Taken{}); err != nil {
				return errors.Join(errDamaged, err)
			}
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
