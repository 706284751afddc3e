package contract

import "errors"

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

// Encode writes the payload; what is out of its range is brought into it.
func (s State) Encode() []byte { return encode(s.bounded()) }

func (s State) bounded() State {
	s.V = Version
	s.On = bit(s.On)
	s.TS = moment(s.TS)
	s.St = word(s.St)
	s.Boot = plain(s.Boot, 32)
	return s
}

// ParseState reads the payload of a state topic. Unknown keys are ignored.
func ParseState(payload []byte) (State, error) {
	s, err := states.read(payload)
	if err == nil && (s.St == "" || s.Boot == "") {
		return State{}, errors.New("state payload: st and boot must be there")
	}
	return s, err
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

// Encode writes the payload; what is too long is cut.
func (i Info) Encode() []byte { return encode(i.bounded()) }

func (i Info) bounded() Info {
	i.V = Version
	i.Model, i.SW = plain(i.Model, 64), plain(i.SW, 32)
	fitted := []string{} // readers of JSON paths want an array, never null
	for _, part := range i.Cap[:min(len(i.Cap), 8)] {
		fitted = append(fitted, word(part))
	}
	i.Cap = fitted
	i.RS, i.Demo = bit(i.RS), bit(i.Demo)
	i.Ser, i.Slot, i.Net = plain(i.Ser, 32), plain(i.Slot, 8), word(i.Net)
	return i
}

// ParseInfo reads the payload of an info topic. Unknown keys are ignored.
func ParseInfo(payload []byte) (Info, error) { return infos.read(payload) }
