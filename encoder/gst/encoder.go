package gst

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

// EncoderConfig says what raw pictures come in and how to code them.
type EncoderConfig struct {
	Worker  Worker
	Backend Backend
	// Width and Height in pixels; Width is a multiple of 8 and Height of 2.
	Width, Height int
	// FPS is the nominal rate of the pictures, per second.
	FPS int
	// Kbps is the video rate in kbit/s.
	Kbps int
	// KeyInterval is the longest time between two key frames; 0 is 10 s.
	KeyInterval time.Duration
	// BFrames is how many bidirectional pictures stand between two others, as
	// many cameras have them: 0 (no delay) to 4. Then units come out in
	// decoding order, which is not the order of their PTS.
	BFrames int
}

// Encoder codes raw I420 pictures as H.264. All methods are safe for
// concurrent use; only Run blocks.
type Encoder struct {
	child
	frames   *frames
	controls *controls
	out      unit.Sink
}

// NewEncoder makes an encoder that gives its units to out.
func NewEncoder(cfg EncoderConfig, out unit.Sink, log *slog.Logger) *Encoder {
	e := &Encoder{out: out}
	e.controls = newControls(Settings{Kbps: cfg.Kbps, Width: cfg.Width, Height: cfg.Height, FPS: cfg.FPS})
	e.child = newChild("encoder", cfg.Worker, checkEncoder(cfg), log)
	e.frames = newFrames(wire.I420Size(cfg.Width, cfg.Height), e.wakeUp)
	e.config = func() wire.Config {
		return e.controls.start(wire.Config{
			Job:     wire.Encode,
			Backend: string(cfg.Backend),
			KeyMs:   keyMs(cfg.KeyInterval),
			BFrames: cfg.BFrames,
		})
	}
	return e
}

func checkEncoder(cfg EncoderConfig) error {
	switch {
	case cfg.Width <= 0 || cfg.Width%8 != 0 || cfg.Height <= 0 || cfg.Height%2 != 0:
		return fmt.Errorf("a picture of %dx%d cannot be encoded: width must be a multiple of 8 and height of 2",
			cfg.Width, cfg.Height)
	case cfg.FPS <= 0 || cfg.FPS > 240:
		return fmt.Errorf("%d pictures per second cannot be encoded: 1 to 240", cfg.FPS)
	case cfg.BFrames < 0 || cfg.BFrames > 4:
		return fmt.Errorf("%d B-frames in a row cannot be encoded: 0 to 4", cfg.BFrames)
	}
	return nil
}

// Run starts a child and serves it until it fails or ctx ends; see
// Transcoder.Run for the errors.
func (e *Encoder) Run(ctx context.Context) error {
	return e.run(ctx, e)
}

// PutFrame queues a copy of one picture and never blocks; when the child is
// behind, the oldest waiting picture is dropped. i420 is Width*Height bytes of
// luma and then the two planes of chroma, without padding; a picture of
// another size is dropped.
func (e *Encoder) PutFrame(pts time.Duration, captured time.Time, i420 []byte) {
	e.frames.put(pts, captured, i420)
}

// SetKbps changes the rate from the next picture on, without a key frame.
func (e *Encoder) SetKbps(kbps int) {
	e.controls.setKbps(kbps)
	e.wakeUp()
}

// ForceKey makes the next picture an IDR with its parameter sets.
func (e *Encoder) ForceKey() {
	e.controls.forceKey()
	e.wakeUp()
}

// Ready tells whether a child is up and would take pictures at once.
func (e *Encoder) Ready() bool { return e.up.Load() }

// Stats reads the gauges.
func (e *Encoder) Stats() Stats {
	s := e.gauges()
	e.frames.addTo(&s)
	return s
}

func (e *Encoder) begin() { e.frames.begin() }

func (e *Encoder) end() { e.frames.end() }

func (e *Encoder) control(w *wire.Writer) error { return e.controls.send(w) }

func (e *Encoder) send(w *wire.Writer) (sent, error) { return e.frames.send(w) }

func (e *Encoder) window() int { return frameWindow }

func (e *Encoder) quiet() time.Duration { return e.controls.quiet() }

func (e *Encoder) receive(h wire.Header, payload []byte) error {
	if h.Kind != wire.Unit {
		return fmt.Errorf("%w: a picture that is not coded", wire.ErrMalformed)
	}
	m, ok := e.frames.answer(time.Duration(h.Value))
	if !ok {
		return nil
	}
	e.delivered(time.Since(m.put))
	e.out.Put(newUnit(time.Duration(h.Value), m.captured, payload))
	return nil
}
