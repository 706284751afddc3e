package session

import "time"

// Kind names what happened.
type Kind uint8

// The kinds of event. The fields that each one reads stand beside it; At is
// read from all of them.
const (
	Tick       Kind = iota // time passed, at least every 50 ms: Facts
	Down                   // a press began: Source
	Up                     // a press ended, or the line was first seen released: Source
	Stuck                  // pressed for longer than a finger would: Source
	Cut                    // the line is broken or chatters: Source
	Recovered              // the line is whole and released again: Source
	Start                  // asked to start without a press: Source
	Stop                   // asked to stop: Source, Reason
	ChecksDone             // the gate has answered: Attempt, Failed
	Failed                 // publishing cannot succeed: Attempt, Reason
	Stopped                // publishing has ended: Attempt
	Permit                 // remote start allowed or forbidden: Source, Allowed
	Shutdown               // the program is about to end
	kinds                  // how many there are
)

var kindNames = [kinds]string{"tick", "down", "up", "stuck", "cut", "recovered",
	"start", "stop", "checks_done", "failed", "stopped", "permit", "shutdown"}

// String is the kind's name in logs.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// Source is who did it.
type Source uint8

// The sources. Only Button and Panel press.
const (
	Button   Source = iota // the finger on the box
	Panel                  // the box's own page; sends Up when its browser falls silent
	MQTT                   // the fleet side
	Schedule               // the box's calendar
	Fault                  // the box itself: heat, power, disk
	sources
	pressers = Panel + 1
)

var sourceNames = [sources]string{"button", "panel", "mqtt", "schedule", "fault"}

// String is the source's name in audit codes.
func (s Source) String() string {
	if s < sources {
		return sourceNames[s]
	}
	return "unknown"
}

// Event is one thing that happened, from whichever side.
type Event struct {
	Kind    Kind
	At      time.Duration // monotonic, since the start of the program, above 0
	Source  Source
	Attempt uint32   // the attempt of the action that this event answers
	Failed  []string // codes of the checks that failed; none = all passed
	Reason  string   // a code
	Allowed bool
	Facts   Facts
}

// Facts is what the conductor reads off the leaves at every tick.
type Facts struct {
	// LastAck is when the ingest last acknowledged media, on the clock of
	// Event.At; 0 = never.
	LastAck time.Duration
	// Connected is true while the publisher has a connection that records.
	Connected bool
	// LineOK is true while the line carries at least the floor rate.
	LineOK bool
	// Trouble is the code of what makes the picture suffer (camera, encoder,
	// rate_floor, standing_queue); empty = nothing.
	Trouble string
}
