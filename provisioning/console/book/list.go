package book

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// Columns are the columns of the bank's list, in any order in the file; all must
// be there. health_s is the seconds between health messages off air, 15 to 3600,
// or empty for the usual 60.
func Columns() []string { return []string{"tenant", "box", "business", "place", "network", "health_s"} }

const (
	mostList  = 64 << 20 // bytes
	mostWrong = 50       // lines that are named
	mostField = 200      // bytes
)

// LoadList reads the bank's list: a CSV file in UTF-8, with or without byte
// order mark, separated by commas or, as spreadsheets in Europe write it, by
// semicolons. The error names every wrong line, up to 50; a list with one is not
// taken at all.
func LoadList(r io.Reader) ([]roster.Listed, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostList+1))
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	if len(text) > mostList {
		return nil, fmt.Errorf("list: more than %d MB; split the file", mostList>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		return nil, errors.New("list: the file is not UTF-8; save it as \"CSV UTF-8\"")
	}
	l := lister{lines: csv.NewReader(bytes.NewReader(text)), seen: map[[2]string]int{}}
	l.lines.Comma = separator(text)
	l.lines.FieldsPerRecord = -1
	l.lines.ReuseRecord = true
	if err := l.head(); err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	for l.line() && len(l.wrong) < mostWrong {
	}
	if len(l.wrong) > 0 {
		return nil, fmt.Errorf("list: nothing was taken over:\n%w", errors.Join(l.wrong...))
	}
	return l.boxes, nil
}

// separator is a semicolon when the first line has more of them than commas.
func separator(text []byte) rune {
	first, _ := bufio.NewReader(bytes.NewReader(text)).ReadString('\n')
	if strings.Count(first, ";") > strings.Count(first, ",") {
		return ';'
	}
	return ','
}

// lister reads the lines of a list.
type lister struct {
	lines  *csv.Reader
	column []int // of each of Columns
	boxes  []roster.Listed
	seen   map[[2]string]int // line of each box
	wrong  []error
}

// head finds the columns.
func (l *lister) head() error {
	names, err := l.lines.Read()
	if err != nil {
		return fmt.Errorf("line 1: want the names of the columns: %s", strings.Join(Columns(), ","))
	}
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(Columns(), names[i]) || slices.Contains(names[:i], names[i]) {
			return fmt.Errorf("line 1: column %q is not known or there twice; want %s", name, strings.Join(Columns(), ","))
		}
	}
	for _, name := range Columns() {
		at := slices.Index(names, name)
		if at < 0 {
			return fmt.Errorf("line 1: column %q is missing; want %s", name, strings.Join(Columns(), ","))
		}
		l.column = append(l.column, at)
	}
	return nil
}

// line reads one line and tells whether to go on.
func (l *lister) line() bool {
	fields, err := l.lines.Read()
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil {
		l.wrong = append(l.wrong, err) // names its line
		return false
	}
	number, _ := l.lines.FieldPos(0)
	if box, err := l.box(fields, number); err != nil {
		l.wrong = append(l.wrong, fmt.Errorf("line %d: %w", number, err))
	} else {
		l.boxes = append(l.boxes, box)
	}
	return true
}

// box reads the fields of a line.
func (l *lister) box(fields []string, line int) (roster.Listed, error) {
	if len(fields) != len(l.column) {
		return roster.Listed{}, fmt.Errorf("%d fields, want %d", len(fields), len(l.column))
	}
	get := func(n int) string { return strings.Clone(strings.TrimSpace(fields[l.column[n]])) }
	box := roster.Listed{Tenant: get(0), Box: get(1), Business: get(2), Place: get(3), Network: get(4)}
	for n, name := range Columns() {
		if text := get(n); len(text) > mostField || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return box, fmt.Errorf("%s is longer than %d bytes, or not one line of text", name, mostField)
		}
	}
	if err := errors.Join(contract.CheckTenant(box.Tenant), contract.CheckBox(box.Box)); err != nil {
		return box, err
	}
	if text := get(5); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 15 || seconds > 3600 {
			return box, fmt.Errorf("health_s is %q, want 15 to 3600 seconds or nothing", text)
		}
		box.Health = time.Duration(seconds) * time.Second
	}
	name := [2]string{box.Tenant, box.Box}
	if before, twice := l.seen[name]; twice {
		return box, fmt.Errorf("box %s of %s is already on line %d", box.Box, box.Tenant, before)
	}
	l.seen[name] = line
	return box, nil
}

// Imported is what a list changes, or would change.
type Imported struct {
	New, Changed, Same int
	// Elsewhere are boxes that another tenant has on its list, too: up to 50, as
	// tenant/box. A box that was moved, or a mistake: people must decide.
	Elsewhere []string
}

// Import takes boxes of the scope over from a list, all or none. Boxes that the
// list does not name stay. A dry run changes nothing and tells the same.
func (b *Book) Import(ctx context.Context, scope roster.Scope, list []roster.Listed, dry bool) (Imported, error) {
	for i, l := range list {
		if !scope.Sees(l.Tenant) {
			return Imported{}, fmt.Errorf("book: box %d of the list belongs to %q; you may only import your own", i+1, l.Tenant)
		}
	}
	var done Imported
	err := b.write(ctx, func(tx *sql.Tx, seq int64) error {
		rows, err := b.compare(ctx, tx, scope, list, seq, &done)
		if err != nil {
			return err
		}
		if dry {
			return errDry
		}
		return b.insert(ctx, tx, listInto, rows, listAgain)
	})
	if err != nil && !errors.Is(err, errDry) {
		return Imported{}, fmt.Errorf("book: import: %w", err)
	}
	return done, nil
}

// errDry undoes a dry run.
var errDry = errors.New("dry run")

const (
	listInto  = `INSERT INTO boxes (tenant, box, business, place, network, health_s, at, quarantined, seq, writer)`
	listAgain = `ON CONFLICT (tenant, box) DO UPDATE SET business = excluded.business, place = excluded.place,
		network = excluded.network, health_s = excluded.health_s, quarantined = excluded.quarantined,
		seq = excluded.seq, writer = excluded.writer`
)

// compare finds the rows that a list changes. They name no console as their
// writer: this one is to be told of its own import, too.
func (b *Book) compare(ctx context.Context, tx *sql.Tx, scope roster.Scope, list []roster.Listed, seq int64, done *Imported) ([][]any, error) {
	known, owners := map[[2]string]roster.Listed{}, map[string][]string{}
	rows, err := tx.QueryContext(ctx, `SELECT tenant, box, business, place, network, health_s, at, quarantined FROM boxes`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		l, err := scanListed(rows)
		if err != nil {
			return nil, err
		}
		known[[2]string{l.Tenant, l.Box}] = l
		owners[l.Box] = append(owners[l.Box], l.Tenant)
	}
	var changed [][]any
	for _, l := range list {
		old, there := known[[2]string{l.Tenant, l.Box}]
		for _, owner := range owners[l.Box] {
			if owner != l.Tenant && scope.Sees(owner) && len(done.Elsewhere) < mostWrong {
				done.Elsewhere = append(done.Elsewhere, contract.Addressee(owner, l.Box))
			}
		}
		l.At, l.Quarantined = moment(now()), old.Quarantined
		if there {
			l.At = old.At
		}
		switch {
		case !there:
			done.New++
		case l == old:
			done.Same++
			continue
		default:
			done.Changed++
		}
		changed = append(changed, []any{l.Tenant, l.Box, l.Business, l.Place, l.Network, int(l.Health.Seconds()), stamp(l.At), bit(l.Quarantined), seq, ""})
	}
	return changed, rows.Err()
}

// Quarantine shuts a box out of the picture, or lets it in again; false: there
// is no such box on the list in the scope. It takes no right away at the broker.
func (b *Book) Quarantine(ctx context.Context, scope roster.Scope, tenant, box string, out bool) (bool, error) {
	var changed int64
	err := b.write(ctx, func(tx *sql.Tx, seq int64) error {
		result, err := tx.ExecContext(ctx, `UPDATE boxes SET quarantined = $1, seq = $2, writer = ''
			WHERE tenant = $3 AND box = $4 AND (1 = $5 OR tenant = $6)`, bit(out), seq, tenant, box, bit(scope.All), scope.Tenant)
		if err != nil {
			return err
		}
		changed, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return false, fmt.Errorf("book: quarantine: %w", err)
	}
	return changed > 0, nil
}

// scanListed reads a row of "boxes".
func scanListed(rows *sql.Rows) (roster.Listed, error) {
	var l roster.Listed
	var seconds, quarantined int
	var at int64
	err := rows.Scan(&l.Tenant, &l.Box, &l.Business, &l.Place, &l.Network, &seconds, &at, &quarantined)
	l.Health, l.At, l.Quarantined = time.Duration(seconds)*time.Second, moment(at), quarantined == 1
	return l, err
}

// now is the present time as it is kept.
func now() int64 { return time.Now().UnixMilli() }
