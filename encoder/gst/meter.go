package gst

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

const (
	// soundQueue is how many frames may wait for the child: two seconds of AAC.
	soundQueue = 100
	// soundFresh is how long a reading stands for the present.
	soundFresh = 5 * time.Second
)

// MeterConfig says what sound comes in.
type MeterConfig struct {
	Worker Worker
	Format unit.Format // AAC, Opus or G.711
}

// Meter tells how loud a source sounds, by ITU-R BS.1770-5, from a child process
// that decodes its sound. All methods are safe for concurrent use; only Run
// blocks.
type Meter struct {
	child

	mu      sync.Mutex
	running bool
	queue   ring
	in      uint64
	dropped uint64
	lufs    float64
	at      time.Time // of the reading; zero before the first
}

// NewMeter makes a meter for one format.
func NewMeter(cfg MeterConfig, log *slog.Logger) *Meter {
	sound, err := soundFormat(cfg.Format)
	m := &Meter{child: newChild("loudness meter", cfg.Worker, err, log)}
	m.config = func() wire.Config { return wire.Config{Job: wire.Measure, Sound: &sound} }
	return m
}

// soundFormat puts a format in the words of the protocol.
func soundFormat(f unit.Format) (wire.SoundFormat, error) {
	names := map[unit.Codec]string{unit.AAC: wire.AAC, unit.Opus: wire.Opus, unit.G711A: wire.G711A, unit.G711U: wire.G711U}
	name, ok := names[f.Codec]
	if !ok {
		return wire.SoundFormat{}, fmt.Errorf("the loudness of %s cannot be measured", f.Codec)
	}
	return wire.SoundFormat{Codec: name, Rate: f.SampleRate, Channels: f.Channels, Config: f.Config}, nil
}

// Run starts a child and serves it until it fails or ctx ends; see
// Transcoder.Run for the errors.
func (m *Meter) Run(ctx context.Context) error { return m.run(ctx, m) }

// Put queues a frame of sound and never blocks; when the child is behind the
// oldest is dropped. Pictures are ignored.
func (m *Meter) Put(u *unit.Unit) {
	if u.Track != unit.Audio {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.in++
	if !m.running {
		m.dropped++
		return
	}
	if m.queue.len() == soundQueue {
		m.queue.pop()
		m.dropped++
	}
	m.queue.push(entry{unit: u})
	m.wakeUp()
}

// LUFS is the loudness of the last 3 s; false when nothing was measured lately.
func (m *Meter) LUFS() (loudness float64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lufs, !m.at.IsZero() && time.Since(m.at) < soundFresh
}

// Ready tells whether a child is up.
func (m *Meter) Ready() bool { return m.up.Load() }

// Stats reads the gauges; Out counts readings.
func (m *Meter) Stats() Stats {
	s := m.gauges()
	m.mu.Lock()
	defer m.mu.Unlock()
	s.In, s.Dropped = m.in, m.dropped
	return s
}

// begin, end, control, send, window, quiet and receive make a Meter the job of
// its child.

func (m *Meter) begin() { m.set(true) }

func (m *Meter) end() { m.set(false) }

func (m *Meter) set(running bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = running
	m.dropped += uint64(m.queue.len())
	m.queue = ring{}
}

func (m *Meter) control(*wire.Writer) error { return nil }

func (m *Meter) send(w *wire.Writer) (sent, error) {
	m.mu.Lock()
	if m.queue.len() == 0 {
		m.mu.Unlock()
		return nothing, nil
	}
	u := m.queue.pop().unit
	m.mu.Unlock()
	// A reading comes once a second and not once a frame, so none is waited for.
	return silent, w.Send(wire.Header{Kind: wire.Unit, Value: int64(u.PTS)}, u.Frame)
}

func (m *Meter) window() int { return unitWindow }

func (m *Meter) quiet() time.Duration { return quietLimit }

func (m *Meter) receive(h wire.Header, payload []byte) error {
	var reading wire.Loudness
	if h.Kind != wire.Report {
		return fmt.Errorf("%w: not a reading", wire.ErrMalformed)
	}
	if err := json.Unmarshal(payload, &reading); err != nil {
		return fmt.Errorf("%w: reading: %v", wire.ErrMalformed, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out.Add(1)
	m.lufs, m.at = reading.LUFS, time.Now()
	return nil
}
