package roster

import (
	"time"

	"studiobox/provisioning/contract"
)

// Update is one message of a box, decoded. Exactly one of the pointers is set.
type Update struct {
	Tenant, Box string
	At          time.Time // arrival on the fleet side; a box's own clock is not trusted
	Retained    bool      // the broker kept it: At says nothing about when it was sent
	Raw         []byte    // as it came; for the book

	State  *contract.State
	Info   *contract.Info
	Health *contract.Health
	Event  *contract.Event
	Ack    *contract.Ack
	Got    *contract.Got
	OTA    *contract.OTA
	Want   *contract.Want
}

// saysWhen tells whether the box was there when the message arrived. Events and
// acks may have waited at the broker for a console, hours perhaps; a will is not
// the box's own word.
func (u Update) saysWhen() bool {
	return !u.Retained && u.Event == nil && u.Ack == nil && (u.State == nil || u.State.On == 1)
}

// Outcome is what an update did to the picture.
type Outcome struct {
	// Kept is false for what must not be kept: older than what is known, or the
	// will of a session that is over.
	Kept   bool
	Change *Change // of the box's status; nil: none
	New    bool    // the box was not known before
}

// Change is a box's change of status. Two consoles that see the same messages
// tell it with the same At.
type Change struct {
	Tenant, Box string
	From, To    Status
	At          time.Time
}
