package shape

import "time"

const (
	meterStep  = 100 * time.Millisecond
	meterSteps = 20
	// meterLeast is how much must have been seen for a rate to mean something.
	meterLeast = time.Second
)

// meter is the mean rate of units over the last 2 s.
type meter struct {
	bytes [meterSteps]int
	sum   int
	slot  int64 // the step that is being filled
	first int64
	begun bool
}

// add counts bytes at a time; an earlier time than before counts as the present.
func (m *meter) add(now time.Duration, bytes int) {
	slot := int64(now / meterStep)
	if !m.begun || slot-m.slot > meterSteps {
		*m = meter{begun: true, slot: slot, first: slot}
	}
	for m.slot < slot {
		m.slot++
		m.sum -= m.bytes[m.slot%meterSteps]
		m.bytes[m.slot%meterSteps] = 0
	}
	m.bytes[m.slot%meterSteps] += bytes
	m.sum += bytes
}

// kbps is the mean rate, 0 until a second has been seen.
func (m *meter) kbps() int {
	span := time.Duration(min(m.slot-m.first+1, meterSteps)) * meterStep
	if !m.begun || span < meterLeast {
		return 0
	}
	return m.sum * 8 / int(span/time.Millisecond)
}
