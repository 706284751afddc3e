package motion

import (
	"math"
	"time"
)

// leg is a piece of motion under one jerk.
type leg struct {
	start float64 // s after the start of the plan
	from  Point
	jerk  float64 // deg/s³
}

// at is the motion dt seconds into the leg.
func (l leg) at(dt float64) Point {
	a, v := l.from.Acceleration, l.from.Speed
	return Point{
		Angle:        l.from.Angle + dt*(v+dt*(a/2+dt*l.jerk/6)),
		Speed:        v + dt*(a+dt*l.jerk/2),
		Acceleration: a + dt*l.jerk,
	}
}

// Plan is a motion as data: legs in the order of their starts, the last one
// without end and at a steady speed. It is never altered once built. The zero
// Plan rests at 0 degrees.
type Plan struct {
	legs []leg
}

// At is the motion at a time since the start of the plan; before the start it
// is the motion at the start.
func (p Plan) At(since time.Duration) Point { return p.at(since.Seconds()) }

// Done is the time from the start until the plan has reached what it was made
// for; from then on the speed stays.
func (p Plan) Done() time.Duration {
	if len(p.legs) == 0 {
		return 0
	}
	// Rounded up: at Done the plan has really ended.
	return time.Duration(math.Ceil(p.done() * float64(time.Second)))
}

// Goal is the motion at the end of the plan.
func (p Plan) Goal() Point {
	if len(p.legs) == 0 {
		return Point{}
	}
	return p.legs[len(p.legs)-1].from
}

func (p Plan) done() float64 { return p.legs[len(p.legs)-1].start }

func (p Plan) at(t float64) Point {
	if len(p.legs) == 0 {
		return Point{}
	}
	current := p.legs[0]
	for _, next := range p.legs[1:] {
		if next.start > t {
			break
		}
		current = next
	}
	return current.at(max(t-current.start, 0))
}

// begin is a plan that keeps the speed and has nothing else to do.
func begin(from Point) Plan {
	return Plan{legs: []leg{{from: Point{Angle: from.Angle, Speed: from.Speed}}}}
}

// rest stands still at an angle.
func rest(angle float64) Plan { return begin(Point{Angle: angle}) }

// push gives the last leg a jerk and a length; a new last leg follows it.
func (p Plan) push(jerk, seconds float64) Plan {
	if !(seconds > 0) {
		return p
	}
	last := &p.legs[len(p.legs)-1]
	last.jerk = jerk
	end := leg{start: last.start + seconds, from: last.at(seconds)}
	p.legs = append(p.legs, end)
	return p
}

// settle ends the plan exactly at a speed, whatever the rounding.
func (p Plan) settle(speed float64) Plan {
	last := &p.legs[len(p.legs)-1]
	last.from.Speed, last.from.Acceleration, last.jerk = speed, 0, 0
	return p
}
