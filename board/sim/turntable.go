package sim

import (
	"math"
	"sync"
	"time"
)

// The table is a geared stepper under a light disc: it needs a second to reach
// its pace and stops in a few degrees.
const (
	maxSpeed   = 180.0 // deg/s
	accel      = 90.0  // deg/s², starting and stopping
	haltAccel  = 360.0 // deg/s², the brake of Halt
	fullCircle = 360.0
)

// Turntable turns the ring. Its angle is a pure function of time and of the
// commands so far: nothing runs in between. Degrees count up as the table turns
// counter-clockwise seen from above.
type Turntable struct {
	clock func() time.Time

	mu     sync.Mutex
	origin time.Time // the start of course
	course course
}

func newTurntable(clock func() time.Time) *Turntable {
	return &Turntable{clock: clock, origin: clock(), course: course{{}}}
}

// Angle is where the table is at a time: 0 to 360 degrees, 360 excluded. For
// times before the last command it is the angle at that command.
func (t *Turntable) Angle(now time.Time) float64 {
	angle, _ := t.at(now)
	angle = math.Mod(angle, fullCircle)
	if angle < 0 {
		angle += fullCircle
	}
	if angle >= fullCircle {
		return 0 // a tiny negative angle rounds up to a full circle
	}
	return angle
}

// Speed is how fast the table turns at a time, in degrees per second.
func (t *Turntable) Speed(now time.Time) float64 {
	_, speed := t.at(now)
	return speed
}

// SetSpeed makes the table turn for good at a speed in degrees per second,
// negative for clockwise, at most 180 either way. Something that is no number
// stops it.
func (t *Turntable) SetSpeed(degPerS float64) {
	if math.IsNaN(degPerS) {
		degPerS = 0
	}
	target := min(max(degPerS, -maxSpeed), maxSpeed)
	t.command(func(angle, speed float64) course {
		return course(nil).reach(angle, speed, target, accel)
	})
}

// Halt brakes hard; from any speed the table stands within half a second.
func (t *Turntable) Halt() error {
	t.command(func(angle, speed float64) course {
		return course(nil).reach(angle, speed, 0, haltAccel)
	})
	return nil
}

// command replaces the course by one that begins where the old one is now.
func (t *Turntable) command(plan func(angle, speed float64) course) {
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	angle, speed := t.course.at(now.Sub(t.origin).Seconds())
	t.origin, t.course = now, plan(angle, speed)
}

func (t *Turntable) at(now time.Time) (angle, speed float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.course.at(now.Sub(t.origin).Seconds())
}
