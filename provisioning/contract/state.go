package contract

import (
	"encoding/json"
	"fmt"
)

// Version is the major version that every payload carries as "v".
const Version = 1

// The session states that only the contract knows; all others are those of the
// box's session machine.
const (
	StSetup    = "setup"    // the program is starting
	StShutdown = "shutdown" // it was told to end, and did
	StLost     = "lost"     // the broker lost it: the will
)

// State is the payload of the state topic and of the will.
type State struct {
	V    int    `json:"v"`
	On   int    `json:"on"`           // 1 connected, 0 gone
	TS   int64  `json:"ts,omitempty"` // Unix seconds; absent in a will, which is written ahead of time
	St   string `json:"st"`
	Boot string `json:"boot"` // id of the MQTT session
}

// Will is the state that the broker publishes when it loses the session.
func Will(boot string) State {
	return State{V: Version, St: StLost, Boot: boot}
}

// Encode writes the payload.
func (s State) Encode() []byte { return encode(s) }

// ParseState reads the payload of a state topic. Unknown keys are ignored.
func ParseState(payload []byte) (State, error) {
	var s State
	if err := json.Unmarshal(payload, &s); err != nil {
		return State{}, fmt.Errorf("state payload: %w", err)
	}
	if s.V != Version {
		return State{}, fmt.Errorf("state payload: version %d, want %d", s.V, Version)
	}
	return s, nil
}

// Info is the payload of the info topic: what seldom changes.
type Info struct {
	V     int      `json:"v"`
	Model string   `json:"model"`
	SW    string   `json:"sw"`             // version of the program
	Cap   []string `json:"cap"`            // what is fitted
	RS    int      `json:"rs"`             // 1: the business allows a start from afar
	Ser   string   `json:"ser,omitempty"`  // serial number of the computer
	Slot  string   `json:"slot,omitempty"` // system that runs: A or B
	Net   string   `json:"net,omitempty"`  // way to the internet: wired, wifi, mobile
	Demo  int      `json:"demo,omitempty"` // 1: a simulation
}

// Encode writes the payload.
func (i Info) Encode() []byte {
	if i.Cap == nil {
		i.Cap = []string{} // readers of JSON paths want an array, never null
	}
	return encode(i)
}

// encode marshals structs of strings, integers and finite floats, which cannot
// fail.
func encode(payload any) []byte {
	text, err := json.Marshal(payload)
	if err != nil {
		panic("contract: payload cannot be encoded: " + err.Error())
	}
	return text
}
