package roster

import (
	"fmt"
	"time"

	"studiobox/provisioning/contract"
)

// mostPayload is the largest message that is looked at, in bytes.
const mostPayload = 8192

// Decode reads a message that a box published. Kinds that the fleet side
// publishes are refused: whether settings are genuine, only a key can tell.
func Decode(topic contract.Topic, payload []byte, at time.Time, retained bool) (Update, error) {
	u := Update{Tenant: topic.Tenant, Box: topic.Box, At: at, Retained: retained, Raw: payload}
	if len(payload) > mostPayload {
		return Update{}, fmt.Errorf("%s: %d bytes are more than any box sends (%d)", topic, len(payload), mostPayload)
	}
	var err error
	switch topic.Kind {
	case contract.KindState:
		u.State, err = read(payload, contract.ParseState)
	case contract.KindHealth:
		u.Health, err = read(payload, contract.ParseHealth)
	case contract.KindEvent:
		u.Event, err = read(payload, contract.ParseEvent)
	case contract.KindInfo:
		u.Info, err = read(payload, contract.ParseInfo)
	case contract.KindGot:
		u.Got, err = read(payload, contract.ParseGot)
	case contract.KindAck:
		u.Ack, err = read(payload, contract.ParseAck)
	case contract.KindOTA:
		u.OTA, err = read(payload, contract.ParseOTA)
	default:
		err = fmt.Errorf("kind %q is not a box's", topic.Kind)
	}
	if err != nil {
		return Update{}, fmt.Errorf("%s: %w", topic, err)
	}
	return u, nil
}

// read makes a pointer of what a parser returns.
func read[T any](payload []byte, parser func([]byte) (T, error)) (*T, error) {
	got, err := parser(payload)
	if err != nil {
		return nil, err
	}
	return &got, nil
}

// Kind is the kind of the message.
func (u Update) Kind() contract.Kind {
	switch {
	case u.State != nil:
		return contract.KindState
	case u.Health != nil:
		return contract.KindHealth
	case u.Event != nil:
		return contract.KindEvent
	case u.Info != nil:
		return contract.KindInfo
	case u.Got != nil:
		return contract.KindGot
	case u.Ack != nil:
		return contract.KindAck
	case u.OTA != nil:
		return contract.KindOTA
	}
	return contract.KindWant
}
