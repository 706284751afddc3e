// Package shape reads JSON more strictly than encoding/json does.
package shape

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// ErrKey is in the chain of errors when a key is unknown.
var ErrKey = errors.New("unknown key")

// Shape is what a type asks of a JSON text. Made once, it reads many texts at
// little cost; it is safe for many goroutines. Nil asks for nothing.
type Shape struct {
	array  bool
	length int    // of an array that is not a slice; -1: any
	item   *Shape // of an array
	object bool
	fields []field
}

// field is a key of an object.
type field struct {
	name     string
	optional bool
	shape    *Shape
}

// Of is the shape of a type.
func Of[T any]() *Shape { return of(reflect.TypeFor[T]()) }

func of(t reflect.Type) *Shape {
	switch t.Kind() {
	case reflect.Pointer:
		return of(t.Elem())
	case reflect.Slice:
		return &Shape{array: true, length: -1, item: of(t.Elem())}
	case reflect.Array:
		return &Shape{array: true, length: t.Len(), item: of(t.Elem())}
	case reflect.Struct:
		s := &Shape{object: true}
		for f := range t.Fields() {
			name, optional := Key(f)
			s.fields = append(s.fields, field{name, optional, of(f.Type)})
		}
		return s
	}
	return nil
}

// Read decodes a text into a struct and refuses what encoding/json lets pass: a
// key given twice or in other letters than the struct's tags, null, an array of
// the wrong length, and the absence of a key whose tag has no option such as
// omitempty. Unknown keys are passed over.
func Read(text []byte, into any) error {
	return of(reflect.TypeOf(into).Elem()).Read(text, into)
}

// ReadStrict is [Read] that refuses unknown keys with [ErrKey], too.
func ReadStrict(text []byte, into any) error {
	return of(reflect.TypeOf(into).Elem()).read(text, into, true)
}

// Read is the function Read for texts of this shape; into points to its type.
func (s *Shape) Read(text []byte, into any) error { return s.read(text, into, false) }

func (s *Shape) read(text []byte, into any, strict bool) error {
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	w := walk{text: text, strict: strict}
	return w.value(s)
}

// Key is a field's key in JSON, and whether the key may be absent.
func Key(f reflect.StructField) (name string, optional bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, options != ""
}
