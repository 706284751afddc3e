// Package command judges what the fleet side orders and wishes, has it done, and
// answers. It knows the contract and nothing of MQTT.
//
// Who may order what is settled by provisioning/contract/seal before anything
// here is asked. What is left is for whom, when, whether for the first time, and
// whether the box can and may do it now.
package command

import (
	"slices"
	"time"

	"studiobox/provisioning/contract"
)

// The longest that health may be denser, or a box show which one it is.
const (
	leastMinutes = 1
	mostMinutes  = 60
)

// Situation is what the verdict on a command depends on.
type Situation struct {
	Box string // this box, see contract.Addressee
	// ClockFloor is a moment that has surely passed.
	ClockFloor time.Time
	// ClockSynced is true while somebody who knows the time vouches for the clock.
	ClockSynced bool
	// Blind is true while nobody knows which commands were obeyed before.
	Blind bool
	// Session is the session machine's state; empty while there is none yet.
	Session string
	// RemoteStart is true when the business allows a start from afar.
	RemoteStart bool
	// Looks are the looks that can be set; none = neither lamps nor a camera's
	// colours can be set from here.
	Looks []string
}

// showing are the states in which viewers see, or are about to see, a picture.
var showing = []string{"starting", "live", "degraded", "reconnecting"}

// resting are the states in which nothing is under way.
var resting = []string{"idle", "fault"}

// Judge tells why a command whose seal was good is not obeyed; empty = it is to
// be. It is pure. Taken is what the [Ledger] knows of the command's id; a
// command that it knows is never obeyed again.
func Judge(now time.Time, c contract.Command, taken bool, s Situation) contract.Refusal {
	if c.Box != s.Box {
		return contract.RefusedBox
	}
	if why := timely(now, c, s); why != "" {
		return why
	}
	if taken {
		return contract.RefusedReplay
	}
	if why := fits(c, s); why != "" {
		return why
	}
	return allowed(c.Op, s)
}

// timely judges the times. A clock for which nobody vouches judges nothing that
// could do harm: a box without a battery wakes up in the past, where orders are
// still valid that expired long ago.
//
// A stop is never too early, and never too late on such a clock: stopping is always
// allowed, and one that is played again is known to the ledger.
func timely(now time.Time, c contract.Command, s Situation) contract.Refusal {
	unix := now.Unix()
	switch {
	case c.Op == contract.OpStop:
		if s.ClockSynced && c.Exp <= unix {
			return contract.RefusedExpired
		}
	case overdue(now, c, s):
		return contract.RefusedExpired
	case s.Blind, now.Before(s.ClockFloor), !s.ClockSynced && !slices.Contains(lenient, c.Op):
		return contract.RefusedUnverified
	case c.Exp <= unix:
		return contract.RefusedExpired
	case c.Iat > unix+contract.ClockSlack:
		return contract.RefusedEarly
	}
	if c.Exp <= c.Iat || c.Exp-c.Iat > contract.LongestValid {
		return contract.RefusedValidity
	}
	return ""
}

// lenient are the operations of the classes that change no show and end nothing.
var lenient = []contract.Op{contract.OpPing, contract.OpBurst, contract.OpIdentify, contract.OpLook}

// overdue tells whether a command's time is over whatever the clock may say next.
func overdue(now time.Time, c contract.Command, s Situation) bool {
	return c.Exp <= s.ClockFloor.Unix() || s.ClockSynced && c.Exp <= now.Unix()
}

// fits judges the argument: what an operation does not need must not be there,
// or a command could mean more than the box does.
func fits(c contract.Command, s Situation) contract.Refusal {
	want := contract.Arg{}
	switch c.Op {
	case contract.OpBurst, contract.OpIdentify:
		want.Minutes = min(max(c.Arg.Minutes, leastMinutes), mostMinutes)
	case contract.OpLook:
		want.Look = c.Arg.Look
		if len(s.Looks) == 0 {
			return contract.RefusedMissing
		}
		if !slices.Contains(s.Looks, c.Arg.Look) {
			return contract.RefusedArg
		}
	}
	if c.Arg != want {
		return contract.RefusedArg
	}
	return ""
}

// allowed judges the state of the show. What viewers could see, and what ends
// the program, is refused while they watch; a stop never is.
func allowed(op contract.Op, s Situation) contract.Refusal {
	onAir, rests := slices.Contains(showing, s.Session), slices.Contains(resting, s.Session)
	switch op {
	case contract.OpPing, contract.OpBurst, contract.OpStop:
		return ""
	case contract.OpStart:
		switch {
		case !s.RemoteStart:
			return contract.RefusedForbidden
		case onAir:
			return contract.RefusedOnAir
		}
	case contract.OpIdentify, contract.OpLook, contract.OpRestart, contract.OpWipe:
		if onAir {
			return contract.RefusedOnAir
		}
	default:
		return contract.RefusedOp
	}
	if !rests {
		return contract.RefusedState // a finger is on the button, or a show is just ending
	}
	return ""
}
