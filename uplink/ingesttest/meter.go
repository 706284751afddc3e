package ingesttest

import "time"

// meter measures what arrived in the last whole second.
type meter struct {
	since         time.Time
	bytes, frames int
	kbps          int
	fps           float64
}

const meterWindow = time.Second

func (m *meter) add(now time.Time, bytes int, video bool) {
	m.roll(now)
	m.bytes += bytes
	if video {
		m.frames++
	}
}

func (m *meter) read(now time.Time) (kbps int, fps float64) {
	m.roll(now)
	return m.kbps, m.fps
}

// roll closes the window that is over. A pause longer than a window reads zero.
func (m *meter) roll(now time.Time) {
	passed := now.Sub(m.since)
	if passed < meterWindow {
		return
	}
	if passed > 2*meterWindow {
		m.bytes, m.frames = 0, 0
	}
	m.kbps = int(float64(m.bytes) * 8 / 1000 / passed.Seconds())
	m.fps = float64(m.frames) / passed.Seconds()
	m.since, m.bytes, m.frames = now, 0, 0
}
