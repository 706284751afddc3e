package contract

import (
	"fmt"

	"studiobox/provisioning/contract/internal/shape"
)

// checked reads the payload of a box and refuses values that no box writes.
func checked[T interface{ bounded() T }](kind Kind, text []byte) (T, error) {
	var got, none T
	if err := shape.Read(text, &got); err != nil {
		return none, fmt.Errorf("%s payload: %w", kind, err)
	}
	switch name := shape.Differs(got, got.bounded()); name {
	case "":
		return got, nil
	case "v":
		return none, fmt.Errorf("%s payload: another version than %d", kind, Version)
	default:
		return none, fmt.Errorf("%s payload: %q is out of its range", kind, name)
	}
}
