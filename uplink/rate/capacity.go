package rate

import "time"

const (
	// Capacity is measured over capacitySpan of a busy line, and already
	// over capacityLeast of it.
	capacitySpan  = 400 * time.Millisecond
	capacityLeast = 100 * time.Millisecond
	// growing is how much older the queue becomes within capacityLeast when
	// the line carries well below what is sent; leastOfWhole bounds how far
	// below the longer stretch the shorter one is believed.
	growing      = 75 * time.Millisecond
	leastOfWhole = 0.25
	// sampleLife is how long a sample stands while nothing new is measured.
	sampleLife = 600 * time.Millisecond
)

// capacity is what a busy line last proved to carry, 0 = no evidence. While a
// lost packet is repeated acknowledgements pause, and prove nothing.
func (x *senses) capacity(s *signals, progress bool) float64 {
	busy := min(s.now-x.busyFrom, capacitySpan)
	switch {
	case s.fallen:
		w := &x.window
		x.sample, x.sampled = max(w.kbps(w.before(earlySpan)), leastOfWhole*w.kbps(w.before(capacitySpan))), s.now
	case busy >= capacityLeast && progress:
		x.sample, x.sampled = x.measure(busy), s.now
	}
	if x.sample == 0 || s.now-x.sampled > sampleLife {
		return 0
	}
	return x.sample
}

// measure takes the rate over a busy stretch. When the queue grows fast the
// line has just changed, and only the end of the stretch counts, up to a point.
func (x *senses) measure(busy time.Duration) float64 {
	w := &x.window
	whole, then := w.kbps(w.before(busy)), w.before(capacityLeast)
	if w.back(0).age-then.age < growing {
		return whole
	}
	return min(whole, max(w.kbps(then), leastOfWhole*whole))
}
