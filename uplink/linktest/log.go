package linktest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
)

// Log writes ticks as JSON lines, for plots and for scores.
type Log struct {
	mu  sync.Mutex
	out *bufio.Writer // keeps its first error
}

// logLine is one line of the log.
type logLine struct {
	At            int64   `json:"at"` // end of the tick, ns since 1970
	Way           Way     `json:"way"`
	CapacityKbps  float64 `json:"capacityKbps"`
	DeliveredKbps float64 `json:"deliveredKbps"`
	QueueMs       float64 `json:"queueMs"`
	Dropped       uint64  `json:"dropped"` // packets
	Lost          uint64  `json:"lost"`    // packets
	LateMs        float64 `json:"lateMs"`  // the emulator's own fault
}

// NewLog makes a log. The caller calls Close after the line's Run.
func NewLog(to io.Writer) *Log { return &Log{out: bufio.NewWriterSize(to, 64<<10)} }

// Tick writes one line; it is made to be a Config's OnTick.
func (l *Log) Tick(t Tick) {
	line, _ := json.Marshal(logLine{ // finite numbers only: it cannot fail
		At: t.Time.UnixNano(), Way: t.Way,
		CapacityKbps: tenths(t.CapacityKbps), DeliveredKbps: tenths(t.DeliveredKbps),
		QueueMs: inMs(t.Queue), LateMs: inMs(t.Late),
		Dropped: t.Dropped, Lost: t.Lost,
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.out.Write(append(line, '\n')) // Close tells
}

// Close writes what is left and tells the first thing that went wrong.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.out.Flush(); err != nil {
		return fmt.Errorf("line, log: %w", err)
	}
	return nil
}

// tenths rounds to one decimal.
func tenths(x float64) float64 { return math.Round(x*10) / 10 }

func inMs(d time.Duration) float64 { return tenths(float64(d) / float64(time.Millisecond)) }
