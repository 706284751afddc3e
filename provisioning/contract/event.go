package contract

import (
	"errors"
	"fmt"

	"studiobox/provisioning/contract/condition"
)

// MaxEvent is the largest event payload in bytes.
const MaxEvent = 320

// The severities of an event, as conditions have them.
const (
	SeverityInfo  = condition.Info
	SeverityWarn  = condition.Warn
	SeverityFault = condition.Fault
)

// Event is the payload of the event topic: something began, ended or was done.
// A box counts its events without a gap, over restarts, and says each at least
// once: a reader knows a repeated one by Box, Epoch and N, and a lost one by the
// gap.
type Event struct {
	V     int    `json:"v"`
	TS    int64  `json:"ts"` // Unix seconds, when it happened
	Epoch string `json:"ep"` // id of the count; a new one begins when a box lost its disk
	N     uint64 `json:"n"`  // counts from 1
	Code  string `json:"code"`
	Sev   string `json:"sev"`
	Clr   int    `json:"clr,omitempty"` // 1: the condition has ended
	Det   string `json:"det,omitempty"` // figures or names, never a sentence
	By    string `json:"by,omitempty"`  // who asked for it, in an audit event
	// Folded is the first and last N of the events that this one stands for,
	// because a full disk spool had to let them go.
	Folded *[2]uint64 `json:"folded,omitempty"`
}

// The codes of events that are no conditions.
const (
	EventFolded  = "events_folded"  // older events made room; see Folded
	EventStarted = "started"        // the program began; Det = version
	EventOnAir   = "show_began"     // a show is on air
	EventOffAir  = "show_ended"     // Det = seconds on air
	EventCommand = "command"        // audit; Det = op and outcome, By = signers
	EventWant    = "settings"       // wished settings were applied or refused; Det = revision
	EventClash   = "identity_clash" // two boxes claim to be this one
	EventSession = "session"        // audit of the session machine; Det = its code
	EventData    = "data_used"      // a UTC day's bytes under TLS; Det = day=... up=... down=... s=...
)

// Encode writes the payload in at most [MaxEvent] bytes; what is too long in
// Det or By is cut.
func (e Event) Encode() []byte { return encode(e.bounded()) }

func (e Event) bounded() Event {
	e.V = Version
	e.TS = moment(e.TS)
	e.N = min(e.N, maxCount)
	e.Epoch = plain(e.Epoch, 16)
	e.Code, e.Det, e.By = plain(e.Code, 40), plain(e.Det, 80), plain(e.By, 60)
	if e.Sev != SeverityWarn && e.Sev != SeverityFault {
		e.Sev = SeverityInfo
	}
	e.Clr = bit(e.Clr)
	if e.Folded != nil {
		e.Folded = &[2]uint64{min(e.Folded[0], maxCount), min(e.Folded[1], maxCount)}
	}
	return e
}

// ParseEvent reads the payload of an event topic. Unknown keys are ignored.
func ParseEvent(payload []byte) (Event, error) {
	e, err := events.read(payload)
	if err != nil {
		return Event{}, err
	}
	if e.N == 0 || e.Epoch == "" || e.Code == "" {
		return Event{}, errors.New("event payload: code, count and epoch must be there")
	}
	if e.Folded != nil && (e.Folded[0] == 0 || e.Folded[1] < e.Folded[0] || e.Folded[1] >= e.N) {
		return Event{}, fmt.Errorf("event payload: folded %v is no range before %d", *e.Folded, e.N)
	}
	return e, nil
}
