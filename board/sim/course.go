package sim

import "math"

// leg is a piece of motion under one acceleration.
type leg struct {
	start float64 // s after the course's origin
	angle float64 // deg at start, not wrapped
	speed float64 // deg/s at start
	accel float64 // deg/s²
}

func (l leg) at(t float64) (angle, speed float64) {
	dt := max(t-l.start, 0)
	return l.angle + l.speed*dt + l.accel*dt*dt/2, l.speed + l.accel*dt
}

// course is motion as data: legs in the order of their starts, the last one
// without end. It is never altered once built.
type course []leg

// at is the angle in degrees and the speed in degrees per second, t seconds
// after the course's origin.
func (c course) at(t float64) (angle, speed float64) {
	current := c[0]
	for _, next := range c[1:] {
		if next.start > t {
			break
		}
		current = next
	}
	return current.at(t)
}

// reach continues a course, or begins one at an angle and a speed, so that it
// comes to the target speed at a steady acceleration and keeps it.
func (c course) reach(angle, speed, target, accel float64) course {
	start := 0.0
	if len(c) > 0 {
		start = c[len(c)-1].start
	}
	duration := math.Abs(target-speed) / accel
	ramp := leg{start: start, angle: angle, speed: speed, accel: math.Copysign(accel, target-speed)}
	angle, _ = ramp.at(start + duration)
	if len(c) > 0 {
		c = c[:len(c)-1]
	}
	return append(c, ramp, leg{start: start + duration, angle: angle, speed: target})
}

// travel moves by deg degrees and stops there: up to a pace, along at it, down
// to rest. Where the table is too fast to stop in time, or goes the wrong way,
// it first comes to rest and plans from there.
func travel(angle, speed, deg float64) course {
	rest := course(nil).reach(angle, speed, 0, accel)
	if math.IsNaN(deg) || math.IsInf(deg, 0) {
		return rest
	}
	goal := angle + deg
	stop := rest[len(rest)-1]
	left := goal - stop.angle
	if left*speed < 0 {
		return rest.cruise(stop.angle, 0, left)
	}
	return course(nil).cruise(angle, speed, deg)
}

// cruise continues a course, or begins one, with a run of deg degrees whose
// direction agrees with the speed at its start.
//
// The pace p of a run that never gets to full speed follows from the way of
// its two ramps, (p²-v²)/2a + p²/2a = |deg|.
func (c course) cruise(angle, speed, deg float64) course {
	way, v := math.Abs(deg), math.Abs(speed)
	pace := min(math.Sqrt(accel*way+v*v/2), turnSpeed)
	c = c.reach(angle, speed, math.Copysign(pace, deg), accel)
	ramped := c[len(c)-1]
	level := way - math.Abs(ramped.angle-angle) - pace*pace/(2*accel)
	along := max(level, 0) / max(pace, 1e-9)
	brake := ramped
	brake.start += along
	brake.angle += ramped.speed * along
	c = append(c, brake).reach(brake.angle, brake.speed, 0, accel)
	c[len(c)-1].angle = angle + deg // exactly, whatever the rounding
	return c
}
