package profile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// fault is an error about a key, with the line on which it stands. The TOML
// module tells positions of syntax errors only.
func (p *parser) fault(key, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if line := p.lineOf(key); line > 0 {
		return fmt.Errorf("line %d: %s: %s", line, key, what)
	}
	return fmt.Errorf("%s: %s", key, what)
}

var lastKey = regexp.MustCompile(`\(last key "(.*?)"\): (incompatible types|type mismatch)?`)

// syntax puts the TOML module's error into the form of all others.
func syntax(err error) error {
	what := oneLine(strings.TrimPrefix(err.Error(), "toml: "))
	if at := lastKey.FindStringSubmatchIndex(what); at != nil {
		key, message := what[at[2]:at[3]], what[at[1]:]
		if at[4] >= 0 {
			message = "want a text in quotes (models and lines: a list of them; a role: a table)"
		}
		what = strings.TrimRight(what[:at[0]], " ") + ": " + key + ": " + message
	}
	return errors.New(what)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// lineOf returns the line, from 1, of a dotted key or of the table of that
// name, or else of the table that it would stand in; 0 = nowhere.
func (p *parser) lineOf(key string) int {
	table, parent := "", 0
	for i, line := range strings.Split(p.text, "\n") {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
		at := ""
		if head, isTable := strings.CutPrefix(line, "["); isTable {
			table = dotted(strings.TrimRight(strings.TrimSpace(head), "]"))
			at = table
		} else if left, _, isPair := strings.Cut(line, "="); isPair {
			at = strings.TrimPrefix(table+"."+dotted(left), ".")
		}
		switch {
		case at == "":
		case at == key:
			return i + 1
		case strings.HasPrefix(key, at+"."):
			parent = i + 1
		}
	}
	return parent
}

// dotted takes quotes and blanks out of a key.
func dotted(key string) string {
	return strings.NewReplacer(`"`, "", "'", "", " ", "", "\t", "").Replace(key)
}

// rolesWritten returns the roles of a file in the order of their lines, so
// that the first mistake is the one that is told.
func (p *parser) rolesWritten(found map[Role]wiring) []Role {
	var roles []Role
	for role := range found {
		roles = append(roles, role)
	}
	slices.SortFunc(roles, func(a, b Role) int {
		if d := p.lineOf(string(a)) - p.lineOf(string(b)); d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	return roles
}

func roleNames() string {
	var names []string
	for _, u := range Uses() {
		names = append(names, string(u.Role))
	}
	return strings.Join(names, ", ")
}
