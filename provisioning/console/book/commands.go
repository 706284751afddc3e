package book

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// CommandSent is the state of a command that was given but not answered; all
// others are those of contract.Ack.
const CommandSent = "sent"

// Command is a command that was given, by whom, and what became of it.
type Command struct {
	ID, Tenant, Box string
	Op              contract.Op
	Class           contract.Class
	Body            []byte   // what was signed
	Sealed          []byte   // as it was published
	Signers         []string // who signed
	Who             string   // who gave it here
	At, Ends        time.Time
	State           string // CommandSent, or contract.AckAccepted and its like
	Why             contract.Refusal
	Acked           time.Time // of State; zero while it is sent
}

// ErrTwice is returned for a command that was given before, and ErrNoDraft for
// a draft that is not there: somebody was first, or it has run out.
var (
	ErrTwice   = errors.New("this command was given before")
	ErrNoDraft = errors.New("no such draft")
)

// AddCommand keeps a command before it is published. It returns when the command
// is on the disk.
func (b *Book) AddCommand(ctx context.Context, c Command) error {
	err := b.write(ctx, func(tx *sql.Tx, _ int64) error { return addCommand(ctx, tx, c) })
	if err != nil {
		return fmt.Errorf("book: command %s: %w", c.ID, err)
	}
	return nil
}

// FinishDraft keeps a command like AddCommand in place of the draft of the scope
// with its id, for exactly one caller. After an error the draft is as it was.
func (b *Book) FinishDraft(ctx context.Context, scope roster.Scope, c Command) error {
	err := b.write(ctx, func(tx *sql.Tx, _ int64) error {
		if err := deleteDraft(ctx, tx, scope, c.ID, c.At); err != nil {
			return err
		}
		return addCommand(ctx, tx, c)
	})
	if err != nil {
		return fmt.Errorf("book: command %s: %w", c.ID, err)
	}
	return nil
}

func addCommand(ctx context.Context, tx *sql.Tx, c Command) error {
	signers, err := json.Marshal(c.Signers)
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO commands
		(id, tenant, box, op, class, body, sealed, signers, who, at, ends, state, why, acked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 0) ON CONFLICT DO NOTHING`,
		c.ID, c.Tenant, c.Box, string(c.Op), string(c.Class), string(c.Body), string(c.Sealed), string(signers), c.Who,
		stamp(c.At), stamp(c.Ends), CommandSent)
	return touched(result, err, ErrTwice)
}

// touched is none for a statement that did nothing.
func touched(result sql.Result, err, none error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return none
	}
	return err
}

// storeAck keeps an answer, and moves the command on: from sent to accepted to
// an end, never back. Only the box that was told to can answer. A refusal as a
// repetition says nothing new of the command.
func (b *Book) storeAck(ctx context.Context, tx *sql.Tx, u roster.Update) error {
	a := u.Ack
	row := []any{u.Tenant, u.Box, a.ID, a.St, string(a.Why), a.Was, stamp(u.At)}
	if err := b.insert(ctx, tx, `INSERT INTO acks (tenant, box, id, st, why, was, at)`, [][]any{row}, `ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	st, why := a.St, a.Why
	if a.Why == contract.RefusedReplay {
		if a.Was == "" {
			return nil
		}
		st, why = a.Was, ""
	}
	open := []any{CommandSent, contract.AckAccepted}
	if st == contract.AckAccepted {
		open = []any{CommandSent, CommandSent}
	}
	_, err := tx.ExecContext(ctx, `UPDATE commands SET state = $1, why = $2, acked = $3
		WHERE id = $4 AND tenant = $5 AND box = $6 AND state IN ($7, $8)`,
		clean(st), clean(string(why)), stamp(u.At), clean(a.ID), u.Tenant, u.Box, open[0], open[1])
	return err
}

const commandColumns = `id, tenant, box, op, class, body, sealed, signers, who, at, ends, state, why, acked`

// Commands are the latest commands to a box of the scope, newest first; with an
// empty box those to all boxes of the tenant, and with an empty tenant those to
// all of the scope.
func (b *Book) Commands(ctx context.Context, scope roster.Scope, tenant, box string, limit int) ([]Command, error) {
	return query(ctx, b.db, scanCommand, `SELECT `+commandColumns+`
		FROM commands WHERE (tenant = $1 OR $1 = '') AND (box = $2 OR $2 = '') AND (1 = $3 OR tenant = $4) ORDER BY at DESC, id DESC LIMIT $5`,
		tenant, box, bit(scope.All), scope.Tenant, bounded(limit))
}

// Unanswered are the commands to all boxes that have not run out and that no box
// has answered, those that run out first before the others. The state stands in
// the query and not beside it, since only then its index serves.
func (b *Book) Unanswered(ctx context.Context, now time.Time) ([]Command, error) {
	return query(ctx, b.db, scanCommand, `SELECT `+commandColumns+` FROM commands WHERE state = 'sent' AND ends > $1
		ORDER BY ends, id LIMIT $2`, stamp(now), mostRows)
}

func scanCommand(rows *sql.Rows) (Command, error) {
	var c Command
	var body, sealed, signers string
	var at, ends, acked int64
	err := rows.Scan(&c.ID, &c.Tenant, &c.Box, &c.Op, &c.Class, &body, &sealed, &signers, &c.Who, &at, &ends, &c.State, &c.Why, &acked)
	if err != nil {
		return c, err
	}
	c.Body, c.Sealed = []byte(body), []byte(sealed)
	c.At, c.Ends, c.Acked = moment(at), moment(ends), moment(acked)
	return c, json.Unmarshal([]byte(signers), &c.Signers)
}

// Draft is a command that waits for its second signature.
type Draft struct {
	ID, Tenant, Box string
	Op              contract.Op
	Body            []byte // what is to be signed
	Sealed          []byte // with the first signature
	Who             string // who signed first
	At, Ends        time.Time
}

// AddDraft keeps a draft; ErrTwice when there is one with its id.
func (b *Book) AddDraft(ctx context.Context, d Draft) error {
	err := b.write(ctx, func(tx *sql.Tx, _ int64) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO drafts (id, tenant, box, op, body, sealed, who, at, ends)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			d.ID, d.Tenant, d.Box, string(d.Op), string(d.Body), string(d.Sealed), d.Who, stamp(d.At), stamp(d.Ends))
		return touched(result, err, ErrTwice)
	})
	if err != nil {
		return fmt.Errorf("book: draft %s: %w", d.ID, err)
	}
	return nil
}

// Drafts are the drafts of the scope that have not run out, newest first.
func (b *Book) Drafts(ctx context.Context, scope roster.Scope, now time.Time) ([]Draft, error) {
	return query(ctx, b.db, scanDraft, `SELECT id, tenant, box, op, body, sealed, who, at, ends
		FROM drafts WHERE ends > $1 AND (1 = $2 OR tenant = $3)
		ORDER BY at DESC, id`, stamp(now), bit(scope.All), scope.Tenant)
}

// DropDraft ends a draft of the scope; ErrNoDraft when it is not there.
func (b *Book) DropDraft(ctx context.Context, scope roster.Scope, id string, now time.Time) error {
	err := b.write(ctx, func(tx *sql.Tx, _ int64) error { return deleteDraft(ctx, tx, scope, id, now) })
	if err != nil {
		return fmt.Errorf("book: draft %s: %w", id, err)
	}
	return nil
}

func deleteDraft(ctx context.Context, tx *sql.Tx, scope roster.Scope, id string, now time.Time) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM drafts WHERE id = $1 AND ends > $2 AND (1 = $3 OR tenant = $4)`,
		id, stamp(now), bit(scope.All), scope.Tenant)
	return touched(result, err, ErrNoDraft)
}

func scanDraft(rows *sql.Rows) (Draft, error) {
	var d Draft
	var body, sealed string
	var at, ends int64
	err := rows.Scan(&d.ID, &d.Tenant, &d.Box, &d.Op, &body, &sealed, &d.Who, &at, &ends)
	d.Body, d.Sealed, d.At, d.Ends = []byte(body), []byte(sealed), moment(at), moment(ends)
	return d, err
}
