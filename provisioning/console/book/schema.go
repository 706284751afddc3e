package book

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// migrations are the steps from an empty database to the present tables. A step
// that has been released is never altered: a change is a further step.
//
// Times are Unix milliseconds. seq is the number of the transaction that wrote a
// row last, and writer the console that did.
func migrations() []string {
	return []string{
		`CREATE TABLE tide (seq BIGINT NOT NULL);
		INSERT INTO tide (seq) VALUES (1);

		CREATE TABLE boxes (
			tenant TEXT NOT NULL, box TEXT NOT NULL,
			business TEXT NOT NULL, place TEXT NOT NULL, network TEXT NOT NULL,
			health_s INTEGER NOT NULL, at BIGINT NOT NULL, quarantined INTEGER NOT NULL,
			seq BIGINT NOT NULL, writer TEXT NOT NULL,
			PRIMARY KEY (tenant, box));
		CREATE INDEX boxes_seq ON boxes (seq);

		CREATE TABLE latest (
			tenant TEXT NOT NULL, box TEXT NOT NULL, kind TEXT NOT NULL,
			at BIGINT NOT NULL, retained INTEGER NOT NULL, body TEXT NOT NULL,
			seq BIGINT NOT NULL, writer TEXT NOT NULL,
			PRIMARY KEY (tenant, box, kind));
		CREATE INDEX latest_seq ON latest (seq);

		CREATE TABLE events (
			tenant TEXT NOT NULL, box TEXT NOT NULL, ep TEXT NOT NULL, n BIGINT NOT NULL,
			at BIGINT NOT NULL, ts BIGINT NOT NULL, code TEXT NOT NULL, sev TEXT NOT NULL,
			clr INTEGER NOT NULL, det TEXT NOT NULL, who TEXT NOT NULL,
			folded_first BIGINT NOT NULL, folded_last BIGINT NOT NULL,
			PRIMARY KEY (tenant, box, ep, n));
		CREATE INDEX events_box ON events (tenant, box, at);
		CREATE INDEX events_at ON events (at);

		CREATE TABLE spans (
			tenant TEXT NOT NULL, box TEXT NOT NULL, at BIGINT NOT NULL, status TEXT NOT NULL,
			PRIMARY KEY (tenant, box, at));
		CREATE INDEX spans_at ON spans (at);

		CREATE TABLE counts (
			tenant TEXT NOT NULL, at BIGINT NOT NULL, status TEXT NOT NULL, boxes INTEGER NOT NULL,
			PRIMARY KEY (tenant, at, status));
		CREATE INDEX counts_at ON counts (at);

		CREATE TABLE commands (
			id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, box TEXT NOT NULL,
			op TEXT NOT NULL, class TEXT NOT NULL, body TEXT NOT NULL, sealed TEXT NOT NULL,
			signers TEXT NOT NULL, who TEXT NOT NULL,
			at BIGINT NOT NULL, ends BIGINT NOT NULL,
			state TEXT NOT NULL, why TEXT NOT NULL, acked BIGINT NOT NULL);
		CREATE INDEX commands_box ON commands (tenant, box, at);
		CREATE INDEX commands_at ON commands (at);

		CREATE TABLE acks (
			tenant TEXT NOT NULL, box TEXT NOT NULL, id TEXT NOT NULL, st TEXT NOT NULL, why TEXT NOT NULL,
			was TEXT NOT NULL, at BIGINT NOT NULL,
			PRIMARY KEY (tenant, box, id, st, why));
		CREATE INDEX acks_at ON acks (at);

		CREATE TABLE drafts (
			id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, box TEXT NOT NULL,
			op TEXT NOT NULL, body TEXT NOT NULL, sealed TEXT NOT NULL, who TEXT NOT NULL,
			at BIGINT NOT NULL, ends BIGINT NOT NULL);

		CREATE TABLE marks (
			scope TEXT NOT NULL, mark TEXT NOT NULL, owner TEXT NOT NULL,
			acked_by TEXT NOT NULL, acked_at BIGINT NOT NULL, muted_until BIGINT NOT NULL,
			at BIGINT NOT NULL, seq BIGINT NOT NULL, writer TEXT NOT NULL,
			PRIMARY KEY (scope, mark));
		CREATE INDEX marks_seq ON marks (seq);

		CREATE TABLE sessions (
			hash TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL,
			idle_end BIGINT NOT NULL, ends BIGINT NOT NULL);
		CREATE INDEX sessions_ends ON sessions (ends);`,

		// Sign-ins are kept by package signin, in a table of its own.
		`DROP TABLE sessions`,

		// removed is when the bank's list ceased to name a box; 0: it does.
		`ALTER TABLE boxes ADD COLUMN removed BIGINT NOT NULL DEFAULT 0;
		CREATE INDEX boxes_removed ON boxes (removed) WHERE removed > 0;

		CREATE TABLE acts (
			tenant TEXT NOT NULL, box TEXT NOT NULL, at BIGINT NOT NULL, what TEXT NOT NULL, who TEXT NOT NULL,
			PRIMARY KEY (tenant, box, at, what));
		CREATE INDEX acts_at ON acts (at)`,

		// epochs is what is known of each count of events, so that nobody has to
		// count them; listening is when a console heard the boxes, and its row
		// without a writer since when that is kept.
		`CREATE TABLE epochs (
			tenant TEXT NOT NULL, box TEXT NOT NULL, ep TEXT NOT NULL,
			lowest BIGINT NOT NULL, highest BIGINT NOT NULL, arrived BIGINT NOT NULL, folded BIGINT NOT NULL,
			at BIGINT NOT NULL,
			PRIMARY KEY (tenant, box, ep));
		INSERT INTO epochs (tenant, box, ep, lowest, highest, arrived, folded, at)
			SELECT tenant, box, ep, min(CASE WHEN folded_first > 0 THEN folded_first ELSE n END), max(n), count(*),
			CAST(sum(CASE WHEN folded_last > 0 THEN folded_last - folded_first + 1 ELSE 0 END) AS BIGINT), max(at)
			FROM events GROUP BY tenant, box, ep;

		CREATE TABLE listening (
			writer TEXT NOT NULL, begins BIGINT NOT NULL, ends BIGINT NOT NULL,
			PRIMARY KEY (writer, begins));
		CREATE INDEX listening_ends ON listening (ends);

		CREATE INDEX commands_sent ON commands (ends) WHERE state = 'sent'`,
	}
}

// migrate does the steps that this database has not seen. Consoles that start
// together do it one after another.
func (b *Book) migrate(ctx context.Context) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if b.postgres {
		const tables = 0x73747564696f // any number that is ours
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(tables)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migrations (n INTEGER NOT NULL PRIMARY KEY, at BIGINT NOT NULL)`); err != nil {
		return err
	}
	var last sql.NullInt64
	if err := tx.QueryRowContext(ctx, `SELECT max(n) FROM migrations`).Scan(&last); err != nil {
		return err
	}
	steps := migrations()
	if int(last.Int64) > len(steps) {
		return fmt.Errorf("the database is of a later version (%d, this program knows %d); update this program", last.Int64, len(steps))
	}
	for i, step := range steps[last.Int64:] {
		n := int(last.Int64) + i + 1
		if err := migration(ctx, tx, n, step); err != nil {
			return fmt.Errorf("migration %d: %w", n, err)
		}
	}
	return tx.Commit()
}

// migration does one step.
func migration(ctx context.Context, tx *sql.Tx, n int, step string) error {
	for statement := range strings.SplitSeq(step, ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO migrations (n, at) VALUES ($1, $2)`, n, stamp(time.Now()))
	return err
}
