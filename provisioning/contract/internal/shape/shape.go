// Package shape reads JSON more strictly than encoding/json does.
package shape

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// ErrKey is in the chain of errors when a key is unknown.
var ErrKey = errors.New("unknown key")

// Read decodes a text into a struct and refuses what encoding/json lets pass: a
// key given twice or in other letters than the struct's tags, null, an array of
// the wrong length, and the absence of a key whose tag has no option such as
// omitempty. Unknown keys are passed over.
func Read(text []byte, into any) error { return read(text, into, false) }

// ReadStrict is [Read] that refuses unknown keys with [ErrKey], too.
func ReadStrict(text []byte, into any) error { return read(text, into, true) }

func read(text []byte, into any, strict bool) error {
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	s := shape{json.NewDecoder(bytes.NewReader(text)), strict}
	return s.value(reflect.TypeOf(into).Elem())
}

// shape walks through a JSON text that is known to be well-formed.
type shape struct {
	*json.Decoder
	strict bool
}

// value walks over one value. The type is nil where only the form matters.
func (s shape) value(t reflect.Type) error {
	token, err := s.Token()
	if err != nil {
		return err
	}
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch token {
	case nil:
		return errors.New("null stands for nothing here")
	case json.Delim('{'):
		return s.object(t)
	case json.Delim('['):
		return s.array(t)
	}
	return nil
}

func (s shape) array(t reflect.Type) error {
	var element reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		element = t.Elem()
	}
	n := 0
	for ; s.More(); n++ {
		if err := s.value(element); err != nil {
			return err
		}
	}
	if t != nil && t.Kind() == reflect.Array && n != t.Len() {
		return fmt.Errorf("%d values, want %d", n, t.Len())
	}
	_, err := s.Token()
	return err
}

func (s shape) object(t reflect.Type) error {
	seen := map[string]bool{}
	for s.More() {
		token, err := s.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		if seen[key] {
			return fmt.Errorf("%q is there twice", key)
		}
		seen[key] = true
		field, err := s.field(t, key)
		if err != nil {
			return err
		}
		if err := s.value(field); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
	}
	if _, err := s.Token(); err != nil {
		return err
	}
	return missing(t, seen)
}

// field is the type of a key's value; nil when the key is not known.
func (s shape) field(t reflect.Type, key string) (reflect.Type, error) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, nil
	}
	for f := range t.Fields() {
		name, _ := Key(f)
		if name == key {
			return f.Type, nil
		}
		if strings.EqualFold(name, key) {
			return nil, fmt.Errorf("%w %q: it is written %q", ErrKey, key, name)
		}
	}
	if s.strict {
		return nil, fmt.Errorf("%w %q", ErrKey, key)
	}
	return nil, nil
}

// missing refuses an object without one of the keys that are always written.
func missing(t reflect.Type, seen map[string]bool) error {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for f := range t.Fields() {
		if name, optional := Key(f); !optional && !seen[name] {
			return fmt.Errorf("%q is missing", name)
		}
	}
	return nil
}

// Key is a field's key in JSON, and whether the key may be absent.
func Key(f reflect.StructField) (name string, optional bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, options != ""
}

// Differs names the first key whose values differ between two structs of one type;
// empty when there is none.
func Differs(a, b any) string {
	left, right := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range left.NumField() {
		if !reflect.DeepEqual(left.Field(i).Interface(), right.Field(i).Interface()) {
			name, _ := Key(left.Type().Field(i))
			return name
		}
	}
	return ""
}
