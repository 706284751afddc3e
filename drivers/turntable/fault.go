// Package turntable turns the ring: it makes a motor follow a plan, watches
// that the table really follows, and stops it with a reason where it does not.
package turntable

import (
	"errors"
	"fmt"
)

// The codes of faults.
const (
	EStop       = "turntable_estop"        // the emergency stop is pressed, or its line is cut
	Stalled     = "turntable_stalled"      // the motor is blocked
	Drifted     = "turntable_drifted"      // the table is not where its plan is
	HomeMissing = "turntable_home_missing" // no home mark in a turn and a quarter
	Behind      = "turntable_behind"       // the computer was too slow for the pulses
	DriveLost   = "turntable_drive_lost"   // the motor driver does not answer
	DriveReset  = "turntable_drive_reset"  // the motor driver restarted: its supply dipped
	Shorted     = "turntable_shorted"      // a motor coil is shorted
	TooHot      = "turntable_too_hot"      // the motor driver switched itself off
	PinFailed   = "turntable_pin_failed"   // a line of the computer failed
	PowerLost   = "turntable_power_lost"   // what guards the motor's power took it away
)

// Fault is why the table stopped by itself. It is latched: no move is taken
// before Clear.
type Fault struct {
	Code string // one of the codes above; empty = none
	Err  error  // details; may be nil
}

// Error implements error.
func (f Fault) Error() string {
	if f.Err == nil {
		return f.Code
	}
	return fmt.Sprintf("%s: %v", f.Code, f.Err)
}

// Unwrap returns the details.
func (f Fault) Unwrap() error { return f.Err }

// fault names an error, unless it has a name already.
func fault(code string, err error) Fault {
	var named Fault
	if errors.As(err, &named) {
		return named
	}
	return Fault{Code: code, Err: err}
}
