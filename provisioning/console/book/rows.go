package book

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

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
	return b.inserts(ctx, tx, head, rows, tail, func(statement *sql.Stmt, args []any) error {
		_, err := statement.ExecContext(ctx, args...)
		return err
	})
}

// inserts is insert with a statement that tail has tell something.
func (b *Book) inserts(ctx context.Context, tx *sql.Tx, head string, rows [][]any, tail string, run func(*sql.Stmt, []any) error) error {
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
		if err := run(statement, args); err != nil {
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
