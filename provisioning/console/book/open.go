package book

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/oklog/ulid/v2"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Book is one console's way to the database. It is safe for many goroutines.
type Book struct {
	db       *sql.DB
	postgres bool
	self     string // names this console among those who write
	log      *slog.Logger

	flushing sync.Mutex // held before writing
	writing  sync.Mutex // SQLite has one writer; let it wait here and not in the file

	mu      sync.Mutex
	pending pending
	stats   Stats
}

// Stats is how the writing goes.
type Stats struct {
	Pending   int       // messages that wait to be written
	Dropped   uint64    // events that were thrown away because the database was away for too long
	Lost      uint64    // events that boxes counted but no console received; found by gaps, every 10 minutes
	LastWrite time.Time // zero: none yet
	LastError string    // why the last write failed; empty: it did not
}

// Open opens the database and brings its tables up to date. The address is that
// of a PostgreSQL database, postgres://user@host/name, or else the path of a
// SQLite file, which is made when it is not there.
func Open(ctx context.Context, address string, log *slog.Logger) (*Book, error) {
	b := &Book{self: ulid.Make().String(), log: log, pending: newPending()}
	driver, dsn := "sqlite", sqliteDSN(address)
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		b.postgres, driver, dsn = true, "pgx", address
	} else if err := private(sqlitePath(address)); err != nil {
		return nil, fmt.Errorf("book: the database's file cannot be made the console's own: %w", err)
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("book: the database's address cannot be understood; write postgres://user@host/name or the path of a file: %w", err)
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8) // or each query would open the file again
	b.db = db
	if err := b.migrate(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("book: %w", err)
	}
	return b, nil
}

// sqliteDSN asks for write-ahead logging, so that readers never wait; a flush to
// disk at each commit; and write transactions that wait for their turn at their
// begin, not in their middle.
func sqliteDSN(path string) string {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)"}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: sqlitePath(path), RawQuery: query.Encode()}).String()
}

// sqlitePath is the file of an address.
func sqlitePath(address string) string { return strings.TrimPrefix(address, "sqlite:") }

// private makes the file, if it is not there, and takes it and those that SQLite
// puts beside it from all but their owner: who is signed in stands there, and what
// was commanded. SQLite gives files that it makes the rights of the first.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			err = os.Chmod(name, 0o600)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close ends the work with the database. What is pending is written by the end
// of [Book.Run].
func (b *Book) Close() error { return b.db.Close() }

// Stats tells how the writing goes.
func (b *Book) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Pending = b.pending.size()
	return s
}

// write does work in one transaction with a number above all before it. Others
// wait for their number until this transaction has ended: hence who sees a
// number sees all that was written with lower ones.
func (b *Book) write(ctx context.Context, work func(tx *sql.Tx, seq int64) error) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	var seq int64
	if err := tx.QueryRowContext(ctx, `UPDATE tide SET seq = seq + 1 RETURNING seq`).Scan(&seq); err != nil {
		return err
	}
	if err := work(tx, seq); err != nil {
		return err
	}
	return tx.Commit()
}

// mostRows bounds the rows that one question gets.
const mostRows = 10_000

// bounded brings a limit into its range: 1 to mostRows.
func bounded(limit int) int { return min(max(limit, 1), mostRows) }

// bit is a truth as both databases keep it.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// stamp is a time as it is kept: Unix milliseconds, 0 for the zero time.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment reads a stamp.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
