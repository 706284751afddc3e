package app

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
	"studiobox/firmware/run"
)

// loudnessMeter is a meter for sound of one format.
type loudnessMeter interface {
	unit.Sink
	Run(ctx context.Context) error
	LUFS() (loudness float64, ok bool)
}

// hearing measures how loud the camera's sound is, whatever its format is now.
type hearing struct {
	make    func(unit.Format) loudnessMeter
	keeper  run.Keeper
	formats chan *unit.Format // the newest that was not yet taken; nil = no sound
	meter   atomic.Pointer[loudnessMeter]
}

func newHearing(worker gst.Worker, log *slog.Logger) *hearing {
	return &hearing{
		make: func(f unit.Format) loudnessMeter {
			return gst.NewMeter(gst.MeterConfig{Worker: worker, Format: f}, log.With("part", "loudness"))
		},
		// Nobody waits for a reading: a sound that cannot be decoded must not
		// cost a process every few seconds for as long as a show lasts.
		keeper:  run.Keeper{Name: "loudness meter", Backoff: run.Backoff{First: time.Second, Max: 5 * time.Minute, Settle: time.Minute}, Log: log},
		formats: make(chan *unit.Format, 1),
	}
}

// use says what sound comes from now on; nil when there is none. It never waits.
func (h *hearing) use(format *unit.Format) {
	select {
	case <-h.formats:
	default:
	}
	h.formats <- format // one caller at a time: the room was just made
}

// Put hands sound to the meter, if there is one, and never blocks.
func (h *hearing) Put(u *unit.Unit) {
	if u.Track != unit.Audio {
		return
	}
	if m := h.meter.Load(); m != nil {
		(*m).Put(u)
	}
}

// LUFS is how loud the camera was in the last 3 s; false when that is not known.
func (h *hearing) LUFS() (loudness float64, ok bool) {
	if m := h.meter.Load(); m != nil {
		return (*m).LUFS()
	}
	return 0, false
}

// Run keeps a meter for the present format until ctx ends.
func (h *hearing) Run(ctx context.Context) error {
	var now *unit.Format
	for {
		life, end := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- h.measure(life, now) }()
		next := h.changed(ctx, now)
		end()
		<-ended
		if ctx.Err() != nil {
			return nil
		}
		now = next
	}
}

// measure is one meter's life, through all its children.
func (h *hearing) measure(ctx context.Context, format *unit.Format) error {
	if format == nil {
		h.meter.Store(nil)
		return nil
	}
	meter := h.make(*format)
	h.meter.Store(&meter)
	return h.keeper.Run(ctx, meter.Run)
}

// changed waits for sound of another format than the present.
func (h *hearing) changed(ctx context.Context, now *unit.Format) *unit.Format {
	for {
		select {
		case <-ctx.Done():
			return nil
		case next := <-h.formats:
			if !sameSound(now, next) {
				return next
			}
		}
	}
}

// sameSound tells whether one meter can measure both.
func sameSound(a, b *unit.Format) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Codec == b.Codec && a.SampleRate == b.SampleRate && a.Channels == b.Channels && bytes.Equal(a.Config, b.Config)
}
