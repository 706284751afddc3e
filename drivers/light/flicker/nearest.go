package flicker

import (
	"cmp"
	"math"
	"slices"
)

// Limits say what may be changed. A range of 0 to 0 stays as it is.
type Limits struct {
	// Shutters are all that the camera offers (s); with any, the range of
	// shutters does not count.
	Shutters               []float64
	ShutterMin, ShutterMax float64 // s
	PWMMin, PWMMax         float64 // Hz
}

// fineness is how finely (relative) shutters are searched; the edge of what is
// safe is then found exactly.
const fineness = 1e-3

// Nearest returns the safe setup that changes the shutter least, and of those
// the one that changes the PWM frequency least; the given one when it is safe
// and within the limits. ok is false when none within the limits is safe.
func Nearest(s Setup, limits Limits) (near Setup, ok bool, err error) {
	s, err = s.checked()
	if err != nil {
		return s, false, err
	}
	outside := map[bool]float64{true: s.Shutter, false: s.Shutter} // by side: the last unsafe shutter
	for _, shutter := range limits.candidates(s) {
		longer := shutter > s.Shutter
		if near, ok = s.at(shutter).nearestPWM(limits); !ok {
			outside[longer] = shutter
			continue
		}
		if len(limits.Shutters) > 0 || shutter == s.Shutter {
			return near, true, nil
		}
		return s.refine(outside[longer], shutter, limits), true, nil
	}
	return s, false, nil
}

func (s Setup) at(shutter float64) Setup { s.Shutter = shutter; return s }

func (s Setup) with(pwm float64) Setup { s.PWM = pwm; return s }

// refine returns the safe setup whose shutter is nearest to the unsafe one.
func (s Setup) refine(unsafe, safe float64, limits Limits) Setup {
	for range 40 {
		middle := (unsafe + safe) / 2
		if _, ok := s.at(middle).nearestPWM(limits); ok {
			safe = middle
		} else {
			unsafe = middle
		}
	}
	near, _ := s.at(safe).nearestPWM(limits)
	return near
}

// candidates returns the shutters to try, the nearest first: the camera's own,
// or a grid with all the places where a whole number of periods fits in, since
// safe ranges around those can be narrower than the grid.
func (l Limits) candidates(s Setup) []float64 {
	low, high := l.ShutterMin, l.ShutterMax
	out := []float64{s.Shutter}
	add := func(shutter float64) {
		if shutter >= low && shutter <= high && shutter <= 1/s.FPS {
			out = append(out, shutter)
		}
	}
	if len(l.Shutters) > 0 {
		low, high, out = 0, math.Inf(1), nil
		for _, shutter := range l.Shutters {
			add(shutter)
		}
	} else if low > 0 {
		high = min(high, 1/s.FPS)
		add(low)
		add(high)
		for shutter := low; shutter < high; shutter *= 1 + fineness {
			add(shutter)
		}
		sources := []float64{s.PWM, l.PWMMin, l.PWMMax}
		for _, hertz := range s.Mains {
			sources = append(sources, 2*hertz)
		}
		for _, f := range sources {
			for n := 1.0; f > 0 && n <= min(f*high, 1/Limit); n++ {
				add(n / f)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b float64) int {
		return cmp.Compare(math.Abs(a-s.Shutter), math.Abs(b-s.Shutter))
	})
	return slices.Compact(out)
}

// nearestPWM returns the safe setup with this shutter whose PWM frequency is
// nearest.
func (s Setup) nearestPWM(limits Limits) (Setup, bool) {
	low, high := max(limits.PWMMin, EyeSafe), limits.PWMMax
	if s.PWM == 0 || limits.PWMMax == 0 {
		return s, s.safe()
	}
	if s.safe() && s.PWM >= limits.PWMMin && s.PWM <= high {
		return s, true
	}
	if mains, _ := s.mains(); low > high || mains.beat > Limit {
		return s, false // no PWM mends that
	}
	start := min(max(s.PWM, low), high)
	if s.with(start).safe() {
		return s.with(start), true
	}
	up, okUp := s.search(start, high)
	down, okDown := s.search(start, low)
	if okUp && (!okDown || up-s.PWM <= s.PWM-down) {
		return s.with(up), true
	}
	return s.with(down), okDown
}

// search walks from an unsafe frequency towards end and returns the first safe
// one. It steps from one multiple of half a period in the exposure to the
// next: between two of those the ripple has no second valley.
func (s Setup) search(unsafe, end float64) (float64, bool) {
	half := 0.5 / s.Shutter
	for unsafe != end {
		var next float64
		if end > unsafe {
			next = min((math.Floor(unsafe/half+1e-9)+1)*half, end)
		} else {
			next = max((math.Ceil(unsafe/half-1e-9)-1)*half, end)
		}
		if s.with(next).safe() {
			return s.edge(unsafe, next), true
		}
		unsafe = next
	}
	return 0, false
}

func (s Setup) edge(unsafe, safe float64) float64 {
	for range 50 {
		if middle := (unsafe + safe) / 2; s.with(middle).safe() {
			safe = middle
		} else {
			unsafe = middle
		}
	}
	return safe
}
