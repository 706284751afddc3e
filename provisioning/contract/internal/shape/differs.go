package shape

import (
	"fmt"
	"reflect"
)

// Differs names the first key whose values differ between two structs of one
// type, to which a and b point; empty when there is none. As for
// [reflect.DeepEqual], nil and an empty slice differ.
func Differs[T any](a, b *T) string {
	left, right := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range left.NumField() {
		if !equal(left.Field(i), right.Field(i)) {
			name, _ := Key(left.Type().Field(i))
			return name
		}
	}
	return ""
}

// equal compares without making copies of what it compares.
func equal(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Int, reflect.Int64:
		return a.Int() == b.Int()
	case reflect.Uint64:
		return a.Uint() == b.Uint()
	case reflect.Float64:
		return a.Float() == b.Float()
	case reflect.String:
		return a.String() == b.String()
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return equal(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			return false
		}
		return each(a.Len(), func(i int) bool { return equal(a.Index(i), b.Index(i)) })
	case reflect.Array:
		return each(a.Len(), func(i int) bool { return equal(a.Index(i), b.Index(i)) })
	case reflect.Struct:
		return each(a.NumField(), func(i int) bool { return equal(a.Field(i), b.Field(i)) })
	}
	panic(fmt.Sprintf("shape: no payload has a %s", a.Type()))
}

// each tells whether something holds for all numbers below n.
func each(n int, holds func(i int) bool) bool {
	for i := range n {
		if !holds(i) {
			return false
		}
	}
	return true
}
