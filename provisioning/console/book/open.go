package book

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
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
	return (&url.URL{Scheme: "file", OmitHost: true, Path: strings.TrimPrefix(path, "sqlite:"), RawQuery: query.Encode()}).String()
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

// rowsAtOnce is how many rows one INSERT carries. A statement to PostgreSQL is a
// journey there and back; SQLite is a call, and its driver takes a time for
// binding that grows with the square of the values.
func (b *Book) rowsAtOnce() int {
	if b.postgres {
		return 400
	}
	return 1
}

// insert writes rows of equal length. head ends before VALUES, tail begins after
// it; neither holds a value.
func (b *Book) insert(ctx context.Context, tx *sql.Tx, head string, rows [][]any, tail string) error {
	var statement *sql.Stmt
	for prepared := 0; len(rows) > 0; {
		some := rows[:min(len(rows), b.rowsAtOnce())]
		rows = rows[len(some):]
		if prepared != len(some) {
			var err error
			statement, err = tx.PrepareContext(ctx, head+" VALUES "+places(len(some), len(some[0]))+" "+tail)
			if err != nil {
				return err
			}
			defer statement.Close() // of two at most: all, and the rest
			prepared = len(some)
		}
		args := make([]any, 0, len(some)*len(some[0]))
		for _, row := range some {
			for _, value := range row {
				args = append(args, clean(value))
			}
		}
		if _, err := statement.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// places are the placeholders of so many rows: ($1,$2),($3,$4).
func places(rows, columns int) string {
	var text strings.Builder
	for n := range rows * columns {
		switch {
		case n == 0:
			text.WriteString("(")
		case n%columns == 0:
			text.WriteString("),(")
		default:
			text.WriteString(",")
		}
		fmt.Fprintf(&text, "$%d", n+1)
	}
	return text.String() + ")"
}

// clean takes from a text what PostgreSQL refuses: one bad message must not keep
// the rest of a second from being written.
func clean(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")
}

// query reads rows, each with scan.
func query[T any](ctx context.Context, db *sql.DB, scan func(*sql.Rows) (T, error), text string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("book: %w", err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("book: %w", err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("book: %w", err)
	}
	return all, nil
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
