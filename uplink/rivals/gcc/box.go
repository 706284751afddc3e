package gcc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/rtspcam"
	"studiobox/encoder/unit"
	"studiobox/uplink/rate"
)

const (
	// keyInterval and wireShare are as the box has them: how often a key
	// picture comes unasked, and what packet headers leave of a rate.
	keyInterval = 10 * time.Second
	wireShare   = 0.98
	// statsEvery is the grain of the record, retryAfter the pause before a
	// camera or encoder that failed is tried again.
	statsEvery = 50 * time.Millisecond
	retryAfter = 250 * time.Millisecond
)

// BoxConfig is a box that publishes by GCC.
type BoxConfig struct {
	// Camera is an RTSP camera with H.264.
	Camera rtspcam.Config
	// Remote is host:port of the Receiver.
	Remote string
	// Dial makes the datagram socket; nil is net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Limits bound the rate on the wire.
	Limits rate.Limits
	Worker gst.Worker
	// Stats gets one JSON line every 50 ms; can be nil.
	Stats io.Writer
}

// boxLine is one line of the record, with the names that the box's own has.
type boxLine struct {
	Time       time.Time `json:"time"`
	TargetKbps int       `json:"targetKbps"`
	Reason     string    `json:"reason"`
	SentKbps   int       `json:"outKbps"`
	Connected  bool      `json:"connected"`
}

// RunBox pulls the camera, always transcodes, and sends until ctx ends or the
// socket fails. Camera and encoder are tried again when they fail.
func RunBox(ctx context.Context, cfg BoxConfig, log *slog.Logger) error {
	cfg.Limits = sane(cfg.Limits)
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	conn, err := cfg.Dial(ctx, "udp", cfg.Remote)
	if err != nil {
		return fmt.Errorf("gcc box: %w", err)
	}
	defer conn.Close()
	sender, err := NewSender(conn, cfg.Limits)
	if err != nil {
		return err
	}
	transcoder := gst.NewTranscoder(gst.TranscoderConfig{
		Worker: cfg.Worker, Codec: unit.H264, KeyInterval: keyInterval,
		Settings: gst.Settings{Kbps: mediaKbps(cfg.Limits.StartKbps)},
	}, sender, log.With("part", "gst"))
	source := &source{transcoder: transcoder}
	camera, err := rtspcam.New(cfg.Camera, source, log.With("part", "camera"))
	if err != nil {
		return err
	}
	camera.OnMedia = source.begin
	sender.OnTarget = func(kbps int) { transcoder.SetKbps(mediaKbps(kbps)) }
	sender.OnKeyNeeded = transcoder.ForceKey
	return together(ctx,
		sender.Run,
		func(ctx context.Context) error { return again(ctx, log, "camera", camera.Run) },
		func(ctx context.Context) error { return again(ctx, log, "transcoder", transcoder.Run) },
		func(ctx context.Context) error { return record(ctx, sender, cfg.Stats) },
	)
}

// mediaKbps is what a rate on the wire leaves for the picture.
func mediaKbps(wireKbps int) int { return max(1, int(float64(wireKbps)*wireShare)) }

// source feeds the transcoder, and begins each of the camera's connections
// with a key picture. The camera calls it from one goroutine at a time.
type source struct {
	transcoder decoder
	joined     bool
}

// decoder is the transcoder's entry.
type decoder interface {
	Prime([]*unit.Unit)
	Put(*unit.Unit)
}

// begin is told of a connection, and of new parameter sets within one.
func (s *source) begin(unit.Media) { s.joined = false }

// Put passes a unit on.
func (s *source) Put(u *unit.Unit) {
	if u.Track != unit.Video || !s.joined && !u.Key {
		return
	}
	if !s.joined {
		s.transcoder.Prime(nil)
	}
	s.joined = true
	s.transcoder.Put(u)
}

// record writes a line every 50 ms.
func record(ctx context.Context, sender *Sender, to io.Writer) error {
	if to == nil {
		return nil
	}
	lines := json.NewEncoder(to)
	ticker := time.NewTicker(statsEvery)
	defer ticker.Stop()
	last, bytes := time.Now(), uint64(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now, s := time.Now(), sender.Stats()
		line := boxLine{Time: now, TargetKbps: s.TargetKbps, Reason: s.State, Connected: s.Feedback > 0}
		line.SentKbps = int(float64(s.SentBytes-bytes) * 8 / 1000 / now.Sub(last).Seconds())
		last, bytes = now, s.SentBytes
		if err := lines.Encode(line); err != nil {
			return fmt.Errorf("gcc box: record: %w", err)
		}
	}
}

// again runs a part until ctx ends, with a pause after each failure.
func again(ctx context.Context, log *slog.Logger, name string, run func(context.Context) error) error {
	for ctx.Err() == nil {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			log.Warn("a part failed and is tried again", "part", name, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
	}
	return nil
}

// together runs parts until ctx ends or one of them fails, and waits for all.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(parts))
	var running sync.WaitGroup
	for i, part := range parts {
		running.Go(func() {
			if errs[i] = part(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}
