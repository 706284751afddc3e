package book

import (
	"bufio"
	"bytes"
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
