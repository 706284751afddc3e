package rate

const (
	// newShare is how much a new sample of the capacity counts.
	newShare = 0.4
	// peakDecay is what is left after a second of a delivered rate that has
	// not been seen again.
	peakDecay = 0.93
)

// memory is what the line has proved so far, in kbit/s.
type memory struct {
	capacity float64 // when it was last busy, 0 = it never was
	peak     float64 // delivered of late, fading
}

// learn notes what was delivered, which the line evidently can carry.
func (m *memory) learn(s signals) {
	m.peak = max(m.peak*pow(peakDecay, s.dt), s.delivered)
	if m.capacity > 0 {
		m.capacity = max(m.capacity, s.delivered)
	}
}

// congested notes the capacity of a line that could not carry all.
func (m *memory) congested(kbps float64) {
	if m.capacity == 0 {
		m.capacity = kbps
	}
	m.capacity += newShare * (kbps - m.capacity)
}
