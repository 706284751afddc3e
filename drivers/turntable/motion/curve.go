package motion

import (
	"math"
)

// ToSpeed plans from any motion within the limits to a steady speed in deg/s,
// in the shortest time. A speed beyond the limits is cut to them; one that is
// no number means rest.
func ToSpeed(l Limits, from Point, speed float64) Plan {
	p := Plan{legs: make([]leg, 1, 8)}
	p.legs[0].from = from
	return p.toSpeed(l, l.clip(speed))
}

// ToRest plans from any motion within the limits to a standstill, in the
// shortest time.
func ToRest(l Limits, from Point) Plan { return ToSpeed(l, from, 0) }

// ToAngle plans from any motion within the limits to rest at an angle in
// degrees, with at most pace deg/s on the way. Where the table is too fast to
// stop in time it goes beyond and comes back. No finite angle means rest.
//
// The plan is a change to a middle speed, a steady run, and a stop. Where it
// ends without a run grows with the middle speed and has no gaps, so a middle
// speed that ends at the goal is found by halving; where full pace does not
// get there, the run makes up for the rest.
func ToAngle(l Limits, from Point, angle, pace float64) Plan {
	if math.IsNaN(angle) || math.IsInf(angle, 0) {
		return ToRest(l, from)
	}
	pace = math.Abs(l.clip(pace))
	if pace == 0 {
		pace = l.Speed
	}
	var p Plan
	if left := angle - via(l, from, pace, 0).Goal().Angle; left >= 0 {
		p = via(l, from, pace, left/pace)
	} else if left := via(l, from, -pace, 0).Goal().Angle - angle; left >= 0 {
		p = via(l, from, -pace, left/pace)
	} else {
		p = via(l, from, middle(l, from, angle, pace), 0)
	}
	p.legs[len(p.legs)-1].from.Angle = angle // exactly, whatever the rounding
	return p
}

// middle finds the speed between -pace and pace from which the stop ends at
// the angle.
func middle(l Limits, from Point, angle, pace float64) float64 {
	low, high := -pace, pace
	for range 64 {
		speed := (low + high) / 2
		if via(l, from, speed, 0).Goal().Angle < angle {
			low = speed
		} else {
			high = speed
		}
	}
	return (low + high) / 2
}

// via changes to a speed, keeps it for some seconds, and stops.
func via(l Limits, from Point, speed, seconds float64) Plan {
	return ToSpeed(l, from, speed).push(0, seconds).toSpeed(l, 0)
}

// toSpeed adds a change of speed: the acceleration goes from what it is to a
// peak, stays there, and falls to zero, at full jerk each time. With no stay
// and jerk J, the peak p follows from the change of speed,
// (p²-a²)/2J + p²/2J = dv.
func (p Plan) toSpeed(l Limits, speed float64) Plan {
	from := p.legs[len(p.legs)-1].from
	a, v := from.Acceleration, from.Speed
	// where the speed ends when the acceleration falls to zero from now on
	calm := v + a*math.Abs(a)/(2*l.Jerk)
	sign := 1.0
	if speed < calm {
		sign = -1
	}
	a, dv := sign*a, sign*(speed-v)
	peak := math.Sqrt(max(l.Jerk*dv+a*a/2, 0))
	stay := 0.0
	if peak > l.Acceleration {
		peak = l.Acceleration
		stay = (dv - (2*peak*peak-a*a)/(2*l.Jerk)) / peak
	}
	peak = max(peak, a) // rounding
	p = p.push(sign*l.Jerk, (peak-a)/l.Jerk)
	p = p.push(0, stay)
	p = p.push(-sign*l.Jerk, peak/l.Jerk)
	return p.settle(speed)
}

// clip cuts a speed to the limit; no number is zero.
func (l Limits) clip(speed float64) float64 {
	if math.IsNaN(speed) {
		return 0
	}
	return min(max(speed, -l.Speed), l.Speed)
}
