package contract

// Kind is the last level of a topic: what the message is about.
type Kind string

// The kinds that a box publishes.
const (
	KindState  Kind = "state"
	KindInfo   Kind = "info"
	KindHealth Kind = "health"
	KindEvent  Kind = "event"
	KindGot    Kind = "got"
	KindAck    Kind = "ack"
	KindOTA    Kind = "ota"
)

// The kinds that the fleet side publishes.
const (
	KindWant Kind = "want"
	KindCmd  Kind = "cmd"
)

// BoxKinds are what a box may publish.
func BoxKinds() []Kind {
	return []Kind{KindState, KindInfo, KindHealth, KindEvent, KindGot, KindAck, KindOTA}
}

// FleetKinds are what the fleet side may publish and a box subscribes to.
func FleetKinds() []Kind { return []Kind{KindWant, KindCmd} }

// QoS is the MQTT quality of service that the kind travels with.
func (k Kind) QoS() byte {
	if k == KindHealth {
		return 0
	}
	return 1
}

// Retained tells whether the broker keeps the last message of the kind. A
// command is never retained: it would be given again to a box that comes back.
func (k Kind) Retained() bool {
	switch k {
	case KindState, KindInfo, KindGot, KindOTA, KindWant:
		return true
	}
	return false
}

// known tells whether the kind is part of this version of the contract.
func (k Kind) known() bool {
	switch k {
	case KindState, KindInfo, KindHealth, KindEvent, KindGot, KindAck, KindOTA, KindWant, KindCmd:
		return true
	}
	return false
}
