package button

import "time"

// Kind names what a line did.
type Kind uint8

// The kinds of event.
const (
	Up        Kind = iota // released; also the first sight of a released line
	Down                  // pressed
	Stuck                 // pressed for longer than a finger would
	Cut                   // broken wire: open for too long, or chattering
	Recovered             // released again after Stuck or Cut
	kinds
)

var kindNames = [kinds]string{"up", "down", "stuck", "cut", "recovered"}

// String is the kind's name in logs.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// Event is one thing that a button did.
type Event struct {
	Kind Kind
	At   time.Duration // since Config.Epoch
}
