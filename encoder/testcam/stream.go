package testcam

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

const (
	linger   = time.Second     // filming on after the last reader has left
	warmth   = 3 * time.Second // filming after DESCRIBE, until PLAY comes
	patience = 3 * time.Second // of DESCRIBE for the parameter sets
)

// stream is one path of the camera and whoever watches it.
type stream struct {
	profile
	cfg       Config
	log       *slog.Logger
	encoder   *gst.Encoder
	desc      *description.Session
	video     *format.H264
	audio     *format.G711 // nil without sound
	server    *gortsplib.Server
	described *gortsplib.ServerStream // answers DESCRIBE, plays to nobody
	epoch     time.Time               // PTS 0

	mu        sync.Mutex
	readers   map[*reader]struct{}
	warmUntil time.Time
	frozen    bool
	filming   bool
	frames    uint64
	units     uint64
	rate      int           // kbit/s that the encoder is set to
	changed   chan struct{} // closed and replaced when any of the above changes for a waiter
}

func newStream(p profile, cfg Config, audio *format.G711, log *slog.Logger) *stream {
	s := &stream{
		profile: p, cfg: cfg, log: log.With("path", p.path),
		video:   &format.H264{PayloadTyp: 96, PacketizationMode: 1},
		audio:   audio,
		rate:    p.kbps,
		readers: map[*reader]struct{}{},
		changed: make(chan struct{}),
	}
	s.desc = &description.Session{
		Title:  "test camera",
		Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{s.video}}},
	}
	if audio != nil {
		s.desc.Medias = append(s.desc.Medias,
			&description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{audio}})
	}
	s.encoder = gst.NewEncoder(gst.EncoderConfig{
		Worker: cfg.Worker, Width: p.width, Height: p.height, FPS: cfg.FPS,
		Kbps: p.kbps, KeyInterval: cfg.GOP, BFrames: p.bFrames,
	}, unit.SinkFunc(s.deliver), s.log)
	return s
}

// open ties the stream to a server that has started.
func (s *stream) open(server *gortsplib.Server, epoch time.Time) error {
	described := &gortsplib.ServerStream{Server: server, Desc: s.desc}
	if err := described.Initialize(); err != nil {
		return err
	}
	s.server, s.epoch, s.described = server, epoch, described
	return nil
}

// close ends what open made, after the server.
func (s *stream) close() {
	if s.described != nil {
		s.described.Close()
	}
}

// change alters the guarded fields and wakes whoever waits for one of them.
func (s *stream) change(alter func(*stream)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	alter(s)
	close(s.changed)
	s.changed = make(chan struct{})
}

// await blocks until a condition on the guarded fields holds; false once ctx
// has ended.
func (s *stream) await(ctx context.Context, holds func(*stream) bool) bool {
	for ctx.Err() == nil {
		s.mu.Lock()
		ok, changed := holds(s), s.changed
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return false
}

// wanted tells whether somebody watches, or is about to. Callers hold mu.
func (s *stream) wanted() bool { return len(s.readers) > 0 || time.Now().Before(s.warmUntil) }

func (s *stream) isWanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted()
}

// warmUp starts to film for a client that will play, and waits for parameter
// sets to tell it; without them it must find them in the stream.
func (s *stream) warmUp(ctx context.Context) {
	s.change(func(s *stream) { s.warmUntil = time.Now().Add(warmth) })
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s.await(ctx, func(s *stream) bool {
		sps, _ := s.video.SafeParams()
		return sps != nil
	})
}

// freeze stops or resumes sending. What was sent before cannot be continued,
// so everyone begins with a key frame again.
func (s *stream) freeze(on bool) {
	s.change(func(s *stream) {
		s.frozen = on
		for r := range s.readers {
			r.started = false
		}
	})
	s.encoder.ForceKey()
}

// setKbps changes the rate from the next picture on.
func (s *stream) setKbps(kbps int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rate = kbps
	s.encoder.SetKbps(kbps)
}

func (s *stream) presentKbps() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rate
}

func (s *stream) stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Readers: len(s.readers), Filming: s.filming,
		Frames: s.frames, Units: s.units,
		Restarts: s.encoder.Stats().Restarts,
	}
}
