package rtspcam

import "time"

// The sliding window of a meter: whole slots only, so that a read in the middle
// of a slot does not count a part of it as silence.
const (
	meterSlot  = 125 * time.Millisecond
	meterSlots = 16 // two seconds
)

// meter counts bytes and pictures over a sliding window. The zero value is ready.
type meter struct {
	start time.Time
	last  int64 // slot that was written last, counted from start
	slots [meterSlots + 1]struct{ bytes, pictures int }
}

func (m *meter) add(now time.Time, size int) {
	if m.start.IsZero() {
		m.start = now
	}
	m.advance(now)
	slot := &m.slots[m.last%int64(len(m.slots))]
	slot.bytes += size
	slot.pictures++
}

// advance empties the slots that time has passed over.
func (m *meter) advance(now time.Time) {
	slot := int64(now.Sub(m.start) / meterSlot)
	first := max(m.last+1, slot-int64(len(m.slots))+1)
	for s := first; s <= slot; s++ {
		m.slots[s%int64(len(m.slots))] = struct{ bytes, pictures int }{}
	}
	m.last = max(m.last, slot)
}

// rates gives the mean over the whole slots of the window, or over those since
// the start when there are fewer.
func (m *meter) rates(now time.Time) (kbps int, fps float64) {
	if m.start.IsZero() {
		return 0, 0
	}
	m.advance(now)
	whole := min(m.last, meterSlots)
	if whole == 0 {
		return 0, 0
	}
	var bytes, pictures int
	for s := m.last - whole; s < m.last; s++ {
		slot := m.slots[s%int64(len(m.slots))]
		bytes += slot.bytes
		pictures += slot.pictures
	}
	seconds := (time.Duration(whole) * meterSlot).Seconds()
	return int(float64(bytes) * 8 / 1000 / seconds), float64(pictures) / seconds
}
