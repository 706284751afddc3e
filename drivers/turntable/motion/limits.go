// Package motion plans how a table turns: smooth curves as plain data, moves
// made of them, and a machine that yields the wished position at any time.
package motion

import (
	"fmt"
	"math"
)

// Limits bound every plan. All are above zero.
type Limits struct {
	Speed        float64 // deg/s
	Acceleration float64 // deg/s²
	Jerk         float64 // deg/s³, how fast the acceleration changes
}

// Gentle returns limits that suit a ring lying loose on the table: 60 deg/s, a
// turn in 6 s, reached in about a second without a jolt.
func Gentle() Limits { return Limits{Speed: 60, Acceleration: 90, Jerk: 360} }

// Check returns an error that names the first limit that is no positive number.
func (l Limits) Check() error {
	for _, limit := range []struct {
		name  string
		value float64
	}{{"speed", l.Speed}, {"acceleration", l.Acceleration}, {"jerk", l.Jerk}} {
		if !(limit.value > 0) || math.IsInf(limit.value, 0) {
			return fmt.Errorf("motion limit %s is %g: give a number above zero", limit.name, limit.value)
		}
	}
	return nil
}

// StopTime is the longest time in seconds that a table within the limits needs
// to come to rest: the acceleration it may still have falls to zero, and the
// full speed is taken away by an S-curve.
func (l Limits) StopTime() float64 {
	build := l.Acceleration / l.Jerk
	if brake := 2 * math.Sqrt(l.Speed/l.Jerk); brake < 2*build {
		return build + brake // the brake never reaches its full strength
	}
	return 2*build + l.Speed/l.Acceleration
}

// Point is one moment of a motion. Angles are not wrapped at full turns.
type Point struct {
	Angle        float64 // deg
	Speed        float64 // deg/s
	Acceleration float64 // deg/s²
}

// Moving is true unless the point is at rest and stays so.
func (p Point) Moving() bool { return p.Speed != 0 || p.Acceleration != 0 }
