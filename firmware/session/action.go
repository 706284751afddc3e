package session

import "time"

// Do names what the conductor must do.
type Do uint8

// The closed set of actions.
const (
	RunChecks       Do = iota // run the gate, answer with ChecksDone: Attempt, Within
	StartPublishing           // open the way to the ingest: Attempt
	StopPublishing            // close it, answer with Stopped: Attempt, Within
	HaltMotion                // stop everything that moves
	Audit                     // write Code to the record of who did what
	dos
)

var doNames = [dos]string{"run_checks", "start_publishing", "stop_publishing", "halt_motion", "audit"}

// String is the action's name in logs.
func (d Do) String() string {
	if d < dos {
		return doNames[d]
	}
	return "unknown"
}

// Action is one order to the conductor.
type Action struct {
	Do      Do
	Attempt uint32        // to be given back in the answering event
	Within  time.Duration // the deadline, counted from now; 0 = none
	Code    string        // audit only
}
