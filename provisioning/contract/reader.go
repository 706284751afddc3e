package contract

import (
	"fmt"

	"studiobox/provisioning/contract/internal/shape"
)

// payload is a type that a box sends.
type payload[T any] interface{ bounded() T }

// reader reads the payloads of one kind.
type reader[T payload[T]] struct {
	kind  Kind
	shape *shape.Shape
}

func newReader[T payload[T]](kind Kind) reader[T] { return reader[T]{kind, shape.Of[T]()} }

// The readers; they are only read.
var (
	states  = newReader[State](KindState)
	infos   = newReader[Info](KindInfo)
	healths = newReader[Health](KindHealth)
	events  = newReader[Event](KindEvent)
	gots    = newReader[Got](KindGot)
	acks    = newReader[Ack](KindAck)
	otas    = newReader[OTA](KindOTA)
)

// read reads a payload and refuses values that no box writes.
func (r reader[T]) read(text []byte) (T, error) {
	var got, none T
	if err := r.shape.Read(text, &got); err != nil {
		return none, fmt.Errorf("%s payload: %w", r.kind, err)
	}
	bounded := got.bounded()
	switch name := shape.Differs(&got, &bounded); name {
	case "":
		return got, nil
	case "v":
		return none, fmt.Errorf("%s payload: another version than %d", r.kind, Version)
	default:
		return none, fmt.Errorf("%s payload: %q is out of its range", r.kind, name)
	}
}
