package sim

import (
	"math"
	"sync"
	"time"
)

// fade is how long a lamp's power supply takes from one level to the next.
const fade = 200 * time.Millisecond

// Light is the studio's key light. Its level is a pure function of time and of
// the commands so far.
type Light struct {
	clock func() time.Time

	mu       sync.Mutex
	since    time.Time // when the fade began
	from, to float64
}

// newLight is a light that has been fully on for long.
func newLight(clock func() time.Time) *Light {
	return &Light{clock: clock, since: clock(), from: 1, to: 1}
}

// Set fades to a level from 0, dark, to 1, full; levels beyond are cut to that
// range, and something that is no number changes nothing.
func (l *Light) Set(level float64) {
	if math.IsNaN(level) {
		return
	}
	l.fadeTo(func(float64) float64 { return min(max(level, 0), 1) })
}

// Level is how bright the light is at a time, 0 to 1.
func (l *Light) Level(now time.Time) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at(now)
}

// Halt ends a fade where it is: the light holds that level, since a dark
// studio is no safer than a lit one.
func (l *Light) Halt() error {
	l.fadeTo(func(level float64) float64 { return level })
	return nil
}

func (l *Light) fadeTo(target func(level float64) float64) {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	level := l.at(now)
	l.since, l.from, l.to = now, level, target(level)
}

func (l *Light) at(now time.Time) float64 {
	done := float64(now.Sub(l.since)) / float64(fade)
	done = min(max(done, 0), 1)
	return l.from + (l.to-l.from)*done
}
