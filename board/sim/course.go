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
