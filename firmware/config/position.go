package config

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/BurntSushi/toml"
)

// errHere is what a stop returns; the parser puts its text beside the position.
var errHere = errors.New("here")

// stop is a value that refuses to be decoded. The parser keeps positions to
// itself but puts them into the errors of such values.
type stop struct{}

// UnmarshalTOML refuses any value.
func (*stop) UnmarshalTOML(any) error { return errHere }

// line finds the line that sets the key, counted from 1; 0 if none does.
func (f file) line(key toml.Key) int {
	err := f.visit(key, &stop{})
	var parse toml.ParseError
	if errors.As(err, &parse) && parse.Message == errHere.Error() {
		return parse.Position.Line
	}
	return 0
}

// visit decodes the one value under the key.
func (f file) visit(key toml.Key, into any) error {
	var level map[string]toml.Primitive
	meta, err := toml.Decode(f.text, &level)
	for _, part := range key[:max(len(key)-1, 0)] {
		if err != nil {
			return err
		}
		var below map[string]toml.Primitive
		err = meta.PrimitiveDecode(level[part], &below)
		level = below
	}
	if err != nil {
		return err
	}
	value, found := level[key[len(key)-1]]
	if !found {
		return nil
	}
	return meta.PrimitiveDecode(value, into)
}

// set decodes the key's value into a field of the configuration.
func (f file) set(key toml.Key, field reflect.Value) error {
	err := f.visit(key, field.Addr().Interface())
	if err == nil {
		return nil
	}
	name := key[0] + "." + key[1]
	var parse toml.ParseError
	if errors.As(err, &parse) {
		return f.at(key, fmt.Errorf("%s: %s", name, oneLine(parse.Message)))
	}
	return f.at(key, fmt.Errorf("%s must be %s", name, wanted(field)))
}

// wanted names in words what kind of value the field takes.
func wanted(field reflect.Value) string {
	switch field.Interface().(type) {
	case bool:
		return "true or false, without quotes"
	case int:
		return "a whole number, without quotes"
	case float64:
		return "a number, without quotes"
	case Kbps:
		return `a bit rate in quotes, for example "300k" or "6M"`
	case Duration:
		return `a duration in quotes, for example "1.5s"`
	}
	return "a text in quotes"
}
