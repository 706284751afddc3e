package gst

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

// TranscoderConfig says what comes in and what shall come out.
type TranscoderConfig struct {
	Worker  Worker
	Codec   unit.Codec // of the input: H264 or H265
	Backend Backend
	Settings
	// KeyInterval is the longest time between two key frames; 0 is 10 s.
	KeyInterval time.Duration
}

// Transcoder turns H.264 or H.265 of any rate into H.264 of the rate that is
// asked for. All methods are safe for concurrent use; only Run blocks.
type Transcoder struct {
	child
	feed     *feed
	controls *controls
	out      unit.Sink
}

// NewTranscoder makes a transcoder that gives its units to out. A unit's PTS
// and Captured are those of the unit it was made from.
func NewTranscoder(cfg TranscoderConfig, out unit.Sink, log *slog.Logger) *Transcoder {
	codec, err := codecName(cfg.Codec)
	t := &Transcoder{out: out, controls: newControls(cfg.Settings)}
	t.child = newChild("transcoder", cfg.Worker, err, log)
	t.feed = newFeed(t.wakeUp)
	t.config = func() wire.Config {
		return t.controls.start(wire.Config{
			Job:     wire.Transcode,
			Codec:   codec,
			Backend: string(cfg.Backend),
			KeyMs:   keyMs(cfg.KeyInterval),
		})
	}
	return t
}

// Run starts a child and serves it until it fails or ctx ends. The error names
// the cause: a *MissingError, ErrCrashed, ErrHung, or ctx's own. After a
// restart the units since the last key frame are decoded again first, so that
// the picture is back at once.
func (t *Transcoder) Run(ctx context.Context) error {
	return t.run(ctx, t)
}

// Put queues a unit of the source and never blocks. Audio is ignored. When
// the child is behind, pictures are skipped before encoding; when even
// decoding is, the queue is dropped up to the next key frame.
func (t *Transcoder) Put(u *unit.Unit) { t.feed.put(u, time.Now()) }

// Prime begins a new stretch: the units of gop, which starts with a key frame,
// are decoded as references but not encoded, and the picture of the next Put
// comes out as an IDR. It takes over from any earlier units. A stretch that
// starts with a key frame needs an empty gop.
func (t *Transcoder) Prime(gop []*unit.Unit) { t.feed.prime(gop, time.Now()) }

// SetKbps changes the rate from the next picture on, without a key frame.
func (t *Transcoder) SetKbps(kbps int) {
	t.controls.setKbps(kbps)
	t.wakeUp()
}

// ForceKey makes the next picture an IDR with its parameter sets.
func (t *Transcoder) ForceKey() {
	t.controls.forceKey()
	t.wakeUp()
}

// SetSize changes size and frame rate as in Settings. A new size costs one
// IDR, a new frame rate nothing.
func (t *Transcoder) SetSize(width, height, fps int) {
	t.controls.setSize(width, height, fps)
	t.wakeUp()
}

// SetSkip leaves pictures out before encoding for as long as it is on: they
// are decoded as references, so that the first picture after it is an ordinary
// one and needs no key frame. It takes effect with the next Put. After a second
// of the source's time without a picture one is encoded all the same.
func (t *Transcoder) SetSkip(on bool) { t.feed.setSkip(on) }

// Ready tells whether a child is up and would take units at once.
func (t *Transcoder) Ready() bool { return t.up.Load() }

// Stats reads the gauges.
func (t *Transcoder) Stats() Stats {
	s := t.gauges()
	t.feed.addTo(&s)
	return s
}

// begin, end, control, send and receive make a Transcoder the job of its child.

func (t *Transcoder) begin() { t.feed.begin(time.Now()) }

func (t *Transcoder) end() { t.feed.end() }

func (t *Transcoder) control(w *wire.Writer) error { return t.controls.send(w) }

func (t *Transcoder) send(w *wire.Writer) (sent, error) { return t.feed.send(w, time.Now()) }

func (t *Transcoder) window() int { return unitWindow }

func (t *Transcoder) quiet() time.Duration { return t.controls.quiet() }

func (t *Transcoder) receive(h wire.Header, payload []byte) error {
	if h.Kind != wire.Unit {
		return fmt.Errorf("%w: a picture that is not coded", wire.ErrMalformed)
	}
	m, ok := t.feed.answer(time.Duration(h.Value))
	if !ok {
		return nil // made from nothing that was asked for since the last Prime
	}
	t.delivered(time.Since(m.put))
	t.out.Put(newUnit(time.Duration(h.Value), m.captured, payload))
	return nil
}

func keyMs(interval time.Duration) int {
	if interval <= 0 {
		interval = 10 * time.Second
	}
	return int(interval / time.Millisecond)
}
