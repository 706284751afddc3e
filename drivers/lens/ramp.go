package lens

import (
	"math"
	"time"
)

// ramp is the pure plan of a stepper: it says which step is next and when, with
// bounded speed and acceleration. From v² = 2·a·s the square of the speed changes
// by at most 2·a from step to step.
type ramp struct {
	accel    float64 // steps/s²
	position int     // steps
	forward  bool    // the direction of the last step
	square   float64 // of the speed, steps²/s²; 0 = at rest
}

// next books the next step towards a target and returns its direction, +1, -1,
// or 0 for none, and the time until the one after it. No step and no time mean
// that the target is reached.
func (r *ramp) next(target int, rate float64) (step int, wait time.Duration) {
	left := target - r.position
	if r.square == 0 {
		if left == 0 {
			return 0, 0
		}
		r.forward = left > 0
	}
	if !r.forward {
		left = -left
	}
	change := 2 * r.accel
	faster := min(rate*rate, r.square+change, change*float64(left))
	if slower := r.square - change; faster < slower || left <= 0 {
		if slower < change/1000 { // the last step was slow enough to stop after it, roundings aside
			r.square = 0
			return 0, interval(min(change, rate*rate))
		}
		faster = slower
	}
	r.square = faster
	step = 1
	if !r.forward {
		step = -1
	}
	r.position += step
	return step, interval(faster)
}

// interval is the time that a step takes at a speed, given as its square.
func interval(square float64) time.Duration {
	return time.Duration(math.Ceil(float64(time.Second) / math.Sqrt(square)))
}
