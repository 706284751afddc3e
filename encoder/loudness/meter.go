// Package loudness tells how loud sound is to people, by ITU-R BS.1770-5.
package loudness

import "math"

const (
	// blockSamples is a tenth of a second of each channel.
	blockSamples = Rate / 10
	// window is how many blocks a reading covers: 3 s, the "short-term"
	// loudness of EBU Tech 3341.
	window = 30
)

// Silence is the least loudness that is told, in LUFS. It is the absolute gate
// of BS.1770-5: what is below is no sound that anybody made.
const Silence = -70.0

// Meter measures the short-term loudness of one or two channels. One goroutine
// at a time.
type Meter struct {
	channels int
	ears     []ear

	sum    float64 // of weighted squares in the present block, all channels
	count  int     // samples of each channel in it
	blocks [window]float64
	filled int
	next   int
}

// New makes a meter for sound of the given number of channels, 1 or 2. Both of
// two count alike, as left and right do in BS.1770-5, table 3.
func New(channels int) *Meter {
	m := &Meter{channels: channels}
	for range channels {
		m.ears = append(m.ears, newEar())
	}
	return m
}

// Add takes samples at 48 kHz, channel by channel within each instant, full
// scale being 1. An instant that is not whole is left out.
func (m *Meter) Add(samples []float32) {
	for ; len(samples) >= m.channels; samples = samples[m.channels:] {
		for c := range m.channels {
			y := m.ears[c].step(finite(samples[c]))
			m.sum += y * y
		}
		if m.count++; m.count == blockSamples {
			m.close()
		}
	}
}

// close ends a block.
func (m *Meter) close() {
	m.blocks[m.next] = m.sum / blockSamples
	m.next = (m.next + 1) % window
	m.filled = min(m.filled+1, window)
	m.sum, m.count = 0, 0
}

// LUFS is the loudness of the last 3 s, or of what there was so far, not below
// [Silence]. It is false before the first tenth of a second.
func (m *Meter) LUFS() (loudness float64, ok bool) {
	if m.filled == 0 {
		return 0, false
	}
	power := 0.0
	for _, block := range m.blocks[:m.filled] {
		power += block
	}
	// BS.1770-5, equation 2. The logarithm of no power is minus infinity.
	return max(-0.691+10*math.Log10(power/float64(m.filled)), Silence), true
}

// finite keeps what a broken decoder makes out of the filters, which would
// remember it for ever.
func finite(x float32) float64 {
	if x != x || x > 8 || x < -8 {
		return 0
	}
	return float64(x)
}
