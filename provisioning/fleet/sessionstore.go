package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	"studiobox/provisioning/console/signin"
)

// sessionStore is where sign-ins are kept: in the book's database, by a few
// connections of its own, so that all consoles know them and a restart signs
// nobody out. The book has brought the database's drivers.
type sessionStore struct {
	*signin.SQL
	db *sql.DB
}

func openSessions(ctx context.Context, address string) (sessionStore, error) {
	driver, dsn := "pgx", address
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		query := url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(10000)"}}
		driver, dsn = "sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: strings.TrimPrefix(address, "sqlite:"), RawQuery: query.Encode()}).String()
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return sessionStore{}, fmt.Errorf("sessions: %w", err)
	}
	db.SetMaxOpenConns(2)
	db.SetMaxIdleConns(2)
	store, err := signin.NewSQL(ctx, db)
	if err != nil {
		db.Close()
		return sessionStore{}, err
	}
	return sessionStore{store, db}, nil
}
