package turntable

import (
	"context"
	"time"

	"studiobox/drivers/turntable/motion"
)

// Drive makes a motor follow a wish.
type Drive interface {
	// Run makes the motor follow until ctx ends or Halt is called, which is no
	// error. It takes the place of its first wish for the place where the
	// motor stands, and asks for none before it can follow.
	Run(ctx context.Context, wish Wish) error
	// Stats is safe from any goroutine.
	Stats() Stats
	// Halt ends all pulses for good. It is safe from any goroutine, any number
	// of times.
	Halt() error
}

// Wish is where the motor should be at a time. It is safe from any goroutine.
type Wish func(now time.Time) motion.Point

// Stats is what a drive has done since it was made. Steps count up in either
// direction.
type Stats struct {
	Asked int64 // steps that the plans asked for
	Done  int64 // steps made, as far as the drive can know
	// Late is how late steps were; only for pulses made by a thread.
	Late Lateness
	// Missed counts the steps that were due before the step before them was
	// made. They were made up for, later than the plan says.
	Missed   int64
	Realtime bool // the thread got real-time priority
	Ordinary bool // it was refused: what else the computer does delays the steps
	Warm     bool // the motor driver is near its limit of temperature
	Load     int  // StallGuard: 0 = overload to 510 = none; -1 = unknown
}

// Gear is how many steps of the motor make a turn of the table, microsteps and
// transmission included. Negative where the motor turns the other way.
type Gear float64

// steps is an angle in degrees as steps.
func (g Gear) steps(deg float64) float64 { return deg * float64(g) / 360 }

// lost is how many degrees a motor may be behind its plan before it counts as
// lost.
const lost = 3.0

// sleep waits, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
