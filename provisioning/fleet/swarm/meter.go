package swarm

import (
	"sync"
	"sync/atomic"
	"time"
)

// Meter counts what the swarm does. Safe to read at any time.
type Meter struct {
	connected, waiting atomic.Int64
	connects, lost     atomic.Uint64
	refused, failed    atomic.Uint64
	messages, acked    atomic.Uint64
	commands           atomic.Uint64
	up, down           atomic.Uint64

	mu      sync.Mutex
	seconds map[int64]int // connects, by Unix second
}

func newMeter() *Meter { return &Meter{seconds: map[int64]int{}} }

// Figures is a moment of a Meter. All but Connected and Waiting count from the
// start.
type Figures struct {
	Connected int    // boxes that are connected now
	Waiting   int    // boxes that wait for their next attempt
	Connects  uint64 // sessions begun
	Lost      uint64 // sessions that the other side or the line ended
	Refused   uint64 // attempts that the broker refused
	Failed    uint64 // attempts that came to nothing for other reasons
	Messages  uint64 // published
	Acked     uint64 // of them acknowledged by the broker
	Commands  uint64 // received, and answered
	Up, Down  uint64 // bytes, without TLS, TCP and IP
}

// Figures reads the meter.
func (m *Meter) Figures() Figures {
	return Figures{
		Connected: int(m.connected.Load()), Waiting: int(m.waiting.Load()),
		Connects: m.connects.Load(), Lost: m.lost.Load(), Refused: m.refused.Load(), Failed: m.failed.Load(),
		Messages: m.messages.Load(), Acked: m.acked.Load(), Commands: m.commands.Load(),
		Up: m.up.Load(), Down: m.down.Load(),
	}
}

// begun counts a new session.
func (m *Meter) begun() {
	m.connected.Add(1)
	m.connects.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seconds[time.Now().Unix()]++
}

// Peak is the largest number of sessions that began within one second since a
// time.
func (m *Meter) Peak(since time.Time) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	peak := 0
	for second, n := range m.seconds {
		if second >= since.Unix() {
			peak = max(peak, n)
		}
	}
	return peak
}
