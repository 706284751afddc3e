package light

import "time"

// What the limiter allows. WCAG 2.2 (2.3.1 and "general flash"): at most three
// flashes within any second, a flash being two opposing changes of relative
// luminance by 10 % of the greatest or more.
const (
	// Slew is the greatest change of relative luminance per second. Six changes
	// of 10 % are three flashes, so what travels at most 0.6 in a second cannot
	// flash a fourth time. This holds for the sum of all lamps too, however
	// they are weighed: a weighted mean travels no further than its parts.
	Slew = 0.6
	// MinRun is how long a lamp keeps to a direction before it may turn back.
	// Five turns a second make at most three flashes of any size, also for a
	// camera whose exposure makes a dim lamp bright.
	MinRun = 200 * time.Millisecond
	// stall is the longest pause between two steps that is caught up with.
	stall = 50 * time.Millisecond
)

// Limiter makes a luminance safe for people whom flashes harm. It is pure: it
// has no clock and drives nothing.
type Limiter struct {
	y       float64
	last    time.Duration
	rising  bool
	moved   bool          // it has taken a direction
	turned  time.Duration // when it took it
	stepped bool
}

// NewLimiter returns a limiter at a relative luminance of 0..1.
func NewLimiter(luminance float64) Limiter {
	return Limiter{y: min(max(luminance, 0), 1)}
}

// Step returns the luminance 0..1 to show now for the wanted one. now must not
// fall; while the result differs from want, steps should come every 10 ms.
func (l *Limiter) Step(now time.Duration, want float64) float64 {
	gap := min(max(now-l.last, 0), stall)
	if !l.stepped {
		gap = 0
	}
	l.last, l.stepped = now, true
	delta := min(max(want, 0), 1) - l.y
	reach := Slew * gap.Seconds()
	if delta == 0 || reach == 0 {
		return l.y
	}
	if rising := delta > 0; !l.moved || rising != l.rising {
		if l.moved && now-l.turned < MinRun {
			return l.y
		}
		l.rising, l.moved, l.turned = rising, true, now
	}
	if delta >= -reach && delta <= reach {
		l.y = min(max(want, 0), 1) // to the bit, so that a fade ends
	} else {
		l.y += min(max(delta, -reach), reach)
	}
	return l.y
}

// Luminance is what the last step returned.
func (l *Limiter) Luminance() float64 { return l.y }
