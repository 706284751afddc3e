// Package session is the go-live machine: which press, order or fact leads to
// air, and which away from it.
package session

import "time"

// Phase is where the show stands.
type Phase uint8

// The phases, in the order in which a show meets them.
const (
	Idle         Phase = iota // nothing is published
	Checking                  // a press is held and the gate runs
	Countdown                 // the gate has passed, the hold has not ended
	Starting                  // publishing, not yet acknowledged
	Live                      // acknowledged by the ingest
	Degraded                  // acknowledged, but the picture suffers
	Reconnecting              // no longer acknowledged; trying for ever
	Stopping                  // publishing is being ended
	Faulted                   // an attempt failed; Why tells the reason
	phases
)

var phaseNames = [phases]string{"idle", "checking", "countdown", "starting", "live",
	"degraded", "reconnecting", "stopping", "fault"}

// String is the phase's name on page, MQTT and in logs.
func (p Phase) String() string {
	if p < phases {
		return phaseNames[p]
	}
	return "unknown"
}

// gate is what is known of the checks of this attempt.
type gate uint8

const (
	gateRuns gate = iota
	gatePassed
	gateFailed
)

// State is the whole of the machine. It is a value without pointers: copies
// are independent, and two states can be compared with ==.
type State struct {
	Config Config
	Phase  Phase
	Now    time.Duration // time of the latest event
	Since  time.Duration // when Phase was entered
	// LiveSince is when this show first went on air; 0 = it has not.
	LiveSince time.Duration
	// Attempt counts attempts to go live; late answers carry an older one.
	Attempt uint32
	// Why is the code of the last refusal or fault; several failed checks are
	// joined by commas. Empty when all is well.
	Why   string
	Facts Facts
	// Ending is true after Shutdown: nothing starts any more.
	Ending bool

	presses  [pressers]press
	by       Source        // who began this attempt
	holdDone bool          // the hold of this attempt is fulfilled
	holdAt   time.Duration // when it was
	checks   gate
	refusals string        // codes of the failed checks, shown once the hold is done
	changeAt time.Duration // since when trouble differs from the phase; 0 = it does not
	faultDue bool          // stopping leads to fault
	whyAt    time.Duration // when Why was set
}

// New returns an idle machine. The box's button counts only once it was seen
// released; a page's press is an act in itself and counts at once.
func New(cfg Config) State {
	s := State{Config: cfg.withDefaults()}
	s.presses[Panel].armed = true
	return s
}
