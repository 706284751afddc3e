package rate

import "math"

const (
	// newShare is how much a new sample of the capacity counts.
	newShare = 0.4
	// peakDecay is what is left after a second of a delivered rate that has
	// not been seen again.
	peakDecay = 0.93
	// headroom is how far above what was carried a burst may be paced.
	headroom = 1.3
)

// memory is what the line has proved so far, in kbit/s.
type memory struct {
	capacity float64 // when it was last busy, 0 = it never was
	ingest   float64 // what the ingest took when it was the bottleneck, 0 = it never was
	peak     float64 // delivered of late, fading
	full     float64 // capacity when it last could not carry all, 0 = it always could
	alike    bool    // that was about the same as the time before
}

// learn notes what was delivered.
func (m *memory) learn(s signals) {
	m.peak = max(m.peak*pow(peakDecay, s.dt), s.delivered)
}

// forget lets the line prove itself anew.
func (m *memory) forget() { m.capacity, m.full, m.alike = 0, 0, false }

// free notes what went through without a queue: line and ingest can carry that
// at least.
func (m *memory) free(kbps float64) {
	if m.capacity > 0 {
		m.capacity = max(m.capacity, kbps)
	}
	if m.ingest > 0 {
		m.ingest = max(m.ingest, kbps)
	}
}

// known is the rate from which on to climb gently, 0 = none.
func (m *memory) known() float64 {
	if m.ingest > 0 && (m.capacity == 0 || m.ingest < m.capacity) {
		return m.ingest
	}
	return m.capacity
}

// pace is a rate at which a backlog may be sent.
func (m *memory) pace() float64 {
	return min(headroom*max(m.capacity, m.peak), fastestLine)
}

// congested notes the capacity of a line that could not carry all.
func (m *memory) congested(kbps float64) {
	m.capacity = blend(m.capacity, kbps)
	m.full = m.capacity
}

// starved notes what an ingest took that could not take all.
func (m *memory) starved(kbps float64) {
	m.ingest = blend(m.ingest, kbps)
	m.full = m.ingest
}

// compare tells whether the line was full at about the same rate again.
func (m *memory) compare(kbps float64) { m.alike = math.Abs(kbps-m.full) <= alike*m.full }

// proved is the rate from which on the line is another one than it was.
func (m *memory) proved() float64 {
	if m.alike {
		return beyondAlike * m.full
	}
	return beyond * m.full
}

func blend(known, sample float64) float64 {
	if known == 0 {
		return sample
	}
	return known + newShare*(sample-known)
}
