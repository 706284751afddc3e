package gst

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

// DecoderConfig says what coded pictures come in.
type DecoderConfig struct {
	Worker Worker
	Codec  unit.Codec // H264 or H265
	// Width and Height of the pictures that come out, as in Settings.
	Width, Height int
}

// Frame is one raw picture. The receiver may keep it.
type Frame struct {
	PTS      time.Duration
	Captured time.Time
	// Width and Height in pixels.
	Width, Height int
	// I420 is Width*Height bytes of luma and then two planes of chroma, each
	// of half the width and height (rounded up), without padding.
	I420 []byte
}

// Decoder turns H.264 or H.265 into raw pictures, in the order of their PTS.
// All methods are safe for concurrent use; only Run blocks.
type Decoder struct {
	child
	feed *feed
	out  func(Frame)
}

// NewDecoder makes a decoder that gives its pictures to out.
func NewDecoder(cfg DecoderConfig, out func(Frame), log *slog.Logger) *Decoder {
	codec, err := codecName(cfg.Codec)
	d := &Decoder{out: out}
	d.child = newChild("decoder", cfg.Worker, err, log)
	d.feed = newFeed(d.wakeUp)
	d.config = func() wire.Config {
		return wire.Config{Job: wire.Decode, Codec: codec, Width: cfg.Width, Height: cfg.Height}
	}
	return d
}

// Run starts a child and serves it until it fails or ctx ends; see
// Transcoder.Run for the errors.
func (d *Decoder) Run(ctx context.Context) error {
	return d.run(ctx, d)
}

// Put queues a unit and never blocks; units before the first key frame, and
// after an overflow up to the next, are dropped. Audio is ignored.
func (d *Decoder) Put(u *unit.Unit) { d.feed.put(u, time.Now()) }

// Ready tells whether a child is up and would take units at once.
func (d *Decoder) Ready() bool { return d.up.Load() }

// Stats reads the gauges.
func (d *Decoder) Stats() Stats {
	s := d.gauges()
	d.feed.addTo(&s)
	return s
}

func (d *Decoder) begin() { d.feed.begin(time.Now()) }

func (d *Decoder) end() { d.feed.end() }

func (d *Decoder) control(*wire.Writer) error { return nil }

func (d *Decoder) send(w *wire.Writer) (sent, error) { return d.feed.send(w, time.Now()) }

func (d *Decoder) window() int { return unitWindow }

func (d *Decoder) quiet() time.Duration { return quietLimit }

func (d *Decoder) receive(h wire.Header, payload []byte) error {
	width, height, ok := wire.ParseFrameHead(payload)
	if h.Kind != wire.Frame || !ok {
		return fmt.Errorf("%w: not a raw picture", wire.ErrMalformed)
	}
	m, ok := d.feed.answer(time.Duration(h.Value))
	if !ok {
		return nil
	}
	d.delivered(time.Since(m.put))
	d.out(Frame{
		PTS:      time.Duration(h.Value),
		Captured: m.captured,
		Width:    width,
		Height:   height,
		I420:     payload[wire.FrameHead:],
	})
	return nil
}
