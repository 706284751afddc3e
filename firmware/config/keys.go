package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// settings is every key that a file may set, by its dotted name.
type settings struct {
	fields   map[string]reflect.Value
	sections []string
}

// fieldsOf reads the keys off the struct tags, so that there is one list only.
func fieldsOf(cfg *Config) settings {
	s := settings{fields: map[string]reflect.Value{}}
	whole := reflect.ValueOf(cfg).Elem()
	for section, value := range whole.Fields() {
		name := section.Tag.Get("toml")
		s.sections = append(s.sections, name)
		s.add(name, value)
	}
	return s
}

// add takes in the fields of one section; an embedded struct's keys are the
// section's own.
func (s settings) add(section string, of reflect.Value) {
	for field, value := range of.Fields() {
		switch name := field.Tag.Get("toml"); {
		case field.Anonymous:
			s.add(section, value)
		case name != "" && name != "-":
			s.fields[section+"."+name] = value
		}
	}
}

// isSection tells whether the name is that of a section.
func (s settings) isSection(name string) bool { return slices.Contains(s.sections, name) }

// farthest is how many letters a name may be off for a suggestion: a slip of
// the finger, not another word.
const farthest = 3

// suggest offers the known name that is spelt most like the given one, as a
// clause to append; empty if none is near.
func (s settings) suggest(name string) string {
	known := slices.Sorted(maps.Keys(s.fields))
	if !strings.Contains(name, ".") {
		known = append(known, s.sections...)
	}
	best, least := "", min(farthest+1, len(lastPart(name)))
	for _, candidate := range known {
		if d := distance(strings.ToLower(name), candidate); d < least {
			best, least = candidate, d
		}
	}
	if best == "" {
		return s.elsewhere(name)
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// lastPart is the key without its section.
func lastPart(name string) string { return name[strings.LastIndex(name, ".")+1:] }

// elsewhere looks for a key of the same name in another section: the usual slip
// when the line with the section's name was forgotten.
func (s settings) elsewhere(name string) string {
	for _, known := range slices.Sorted(maps.Keys(s.fields)) {
		if lastPart(known) == lastPart(name) {
			return fmt.Sprintf(" (did you mean %q?)", known)
		}
	}
	return ""
}

// distance is Levenshtein's: the fewest single-letter changes from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
