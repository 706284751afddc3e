package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"studiobox/encoder/choose"
	"studiobox/encoder/onvif"
	"studiobox/encoder/rtspcam"
	"studiobox/encoder/unit"
	"studiobox/firmware/run"
	"studiobox/uplink/rate"
)

// streamsConfig says which of a camera's own streams and services may be used.
type streamsConfig struct {
	Camera rtspcam.Config // the large stream
	SubURL string         // the small one; empty = there is none
	ONVIF  string         // device service; empty = not to be used
	// AskRate lets the box change the camera's own bit rate.
	AskRate bool
	// DataDir is where a changed rate is remembered over a power cut.
	DataDir string
}

// streams is what the box has of its camera. While a transcoder is ready the
// large stream goes to it; without one the picture follows the line by a choice
// of the camera's streams, and by asking the camera for another rate.
//
// The small stream stays connected: it costs the camera's network little, and is
// what a narrow line needs at once. The large one is pulled while it is on or a
// way up is in sight.
type streams struct {
	cfg     streamsConfig
	log     *slog.Logger
	cameras [2]*rtspcam.Camera // by choose.Stream; Sub is nil when there is none
	keepers [2]run.Keeper
	large   *toggle
	chooser *choose.Chooser
	onvif   *onvif.Client      // nil when it is not to be used
	keys    [2]*onvif.KeyAsker // nil without onvif
	rate    *onvif.RateAsker   // nil unless allowed
	shaped  time.Time          // when a transcoder was last ready; of the rate loop
	failed  func(error)        // told why there is no picture; nil: it is back
}

// newStreams wires the camera; nothing runs yet. Units go to out, what they are
// to onMedia, and why none come to failed.
func newStreams(cfg streamsConfig, out unit.Sink, onMedia func(unit.Media), failed func(error), log *slog.Logger) (*streams, error) {
	s := &streams{cfg: cfg, log: log, large: newToggle(), failed: failed}
	s.chooser = choose.New(choose.Config{}, out, log.With("part", "choose"))
	s.chooser.OnMedia = onMedia
	s.large.TurnOn()
	if err := s.makeCamera(choose.Main, cfg.Camera); err != nil {
		return nil, err
	}
	if cfg.SubURL != "" {
		sub := cfg.Camera
		sub.URL = cfg.SubURL
		if err := s.makeCamera(choose.Sub, sub); err != nil {
			return nil, err
		}
		s.chooser.OnMainWanted = func(yes bool) {
			if yes {
				s.large.TurnOn()
			} else {
				s.large.TurnOff()
			}
		}
	}
	return s, s.makeONVIF()
}

func (s *streams) makeCamera(of choose.Stream, cfg rtspcam.Config) error {
	camera, err := rtspcam.New(cfg, s.chooser.Sink(of), s.log.With("part", "camera", "stream", of.String()))
	if err != nil {
		return err
	}
	camera.OnMedia = func(m unit.Media) { s.chooser.SetMedia(of, m) }
	s.cameras[of] = camera
	s.keepers[of] = run.Keeper{
		Name: "camera " + of.String(), Log: s.log,
		// A camera that returns is found within two seconds.
		Backoff:   run.Backoff{First: 250 * time.Millisecond, Max: 1200 * time.Millisecond, Settle: 10 * time.Second},
		OnFailure: func(err error) { s.lost(of, err) },
	}
	return nil
}

// lost tells why a stream is gone, unless the other one is there.
func (s *streams) lost(of choose.Stream, err error) {
	if other := s.cameras[1-of]; other == nil || !other.Stats().Connected {
		s.failed(err)
	}
}

func (s *streams) makeONVIF() error {
	if s.cfg.ONVIF == "" {
		return nil
	}
	client, err := onvif.New(onvif.Config{URL: s.cfg.ONVIF, TLS: s.cfg.Camera.TLS}, s.log.With("part", "onvif"))
	if err != nil {
		return err
	}
	s.onvif = client
	for of, camera := range s.cameras {
		if camera != nil {
			s.keys[of] = onvif.NewKeyAsker()
		}
	}
	s.chooser.OnKeyWanted = func(of choose.Stream) { s.keys[of].Ask() }
	if s.cfg.AskRate {
		ledger := onvif.FileLedger{Path: filepath.Join(s.cfg.DataDir, "camera-rate.json")}
		s.rate = onvif.NewRateAsker(ledger, s.log.With("part", "onvif"))
		s.rate.OnRate = func(kbps int) { s.chooser.SetRate(choose.Main, kbps) }
	}
	return nil
}

// Run keeps the camera's streams alive until ctx ends.
func (s *streams) Run(ctx context.Context) error {
	parts := []run.Part{{Name: "camera main", Run: func(ctx context.Context) error {
		return s.large.Run(ctx, func(ctx context.Context) error { return s.pull(ctx, choose.Main) }, func(error) {})
	}}}
	if s.cameras[choose.Sub] != nil {
		parts = append(parts, run.Part{Name: "camera sub", Run: func(ctx context.Context) error { return s.pull(ctx, choose.Sub) }})
	}
	if s.onvif != nil {
		parts = append(parts, s.askers()...)
	}
	return run.Together(ctx, stopWithin, parts...)
}

// pull keeps one stream connected.
func (s *streams) pull(ctx context.Context, of choose.Stream) error {
	return s.keepers[of].Run(ctx, func(ctx context.Context) error {
		s.chooser.Restart(of)
		return s.cameras[of].Run(ctx)
	})
}

// askers are the conversations with the camera. One that the camera does not take
// part in does not end the others, and none of them the picture.
func (s *streams) askers() (parts []run.Part) {
	urls := [2]string{choose.Main: s.cfg.Camera.URL, choose.Sub: s.cfg.SubURL}
	for of, keys := range s.keys {
		if keys != nil {
			parts = append(parts, s.asker("key pictures of "+choose.Stream(of).String(), urls[of],
				func(ctx context.Context, stream *onvif.Stream) error { return keys.Run(ctx, stream) }))
		}
	}
	if s.rate != nil {
		parts = append(parts, s.asker("rate of main", urls[choose.Main],
			func(ctx context.Context, stream *onvif.Stream) error { return s.rate.Run(ctx, stream) }))
	}
	return parts
}

func (s *streams) asker(what, url string, talk func(context.Context, *onvif.Stream) error) run.Part {
	keeper := run.Keeper{
		Name: "onvif " + what, Log: s.log,
		// What a camera cannot do today it cannot do in a minute either.
		Backoff: run.Backoff{First: 2 * time.Second, Max: 2 * time.Minute, Settle: time.Minute},
	}
	return run.Part{Name: keeper.Name, Run: func(ctx context.Context) error {
		return keeper.Run(ctx, func(ctx context.Context) error {
			stream, err := s.onvif.Stream(ctx, url)
			if err != nil {
				return err
			}
			return talk(ctx, stream)
		})
	}}
}

// transcoderGrace is how long a transcoder that is gone still counts as there: its
// next child is up within a second, and a change of streams is not undone so soon.
const transcoderGrace = time.Second

// follow tells what the line allows the picture, at every step of the rate loop;
// ready says that a transcoder can make that rate. The transcoder goes first: it
// reaches every rate, at the large stream's sharpness.
func (s *streams) follow(now time.Time, d rate.Decision, videoKbps int, ready bool) {
	if ready {
		s.shaped = now
	}
	shaped := now.Sub(s.shaped) < transcoderGrace
	s.chooser.SetLine(choose.Line{Kbps: videoKbps, Full: fullLine(d.Reason), Shaped: shaped})
	if s.rate == nil {
		return
	}
	if shaped {
		videoKbps = 0 // the customer's own setting is the best source for a transcoder
	}
	s.rate.SetTarget(videoKbps)
}

// rest is between two shows: the large stream, at the customer's own rate.
func (s *streams) rest() { s.follow(time.Now(), rate.Decision{}, 0, false) }

// fullLine tells whether a rate was cut because the line carries less than is sent.
func fullLine(reason rate.Reason) bool {
	switch reason {
	case rate.StandingQueue, rate.Capacity, rate.Loss, rate.Outage:
		return true
	}
	return false
}

// pacing is how fast a burst may leave the box. What passes as the camera made it
// must not be held back to the pace of a target that it exceeds: then no try of
// the large stream could show what the line carries.
func (s *streams) pacing(kbps int, shaped bool) int {
	if shaped || kbps <= 0 || s.cameras[choose.Sub] == nil {
		return kbps
	}
	chosen := s.chooser.Stats()
	return max(kbps, 3*chosen.Kbps[chosen.Chosen]/2)
}

// ForceKey asks the camera itself for a key picture of the stream that is on. It
// is not for use from within a sink.
func (s *streams) ForceKey() {
	if keys := s.keys[s.chooser.Stats().Chosen]; keys != nil {
		keys.Ask()
	}
}

// ReconnectNow cuts every wait between two tries short.
func (s *streams) ReconnectNow() {
	for i := range s.keepers {
		if s.cameras[i] != nil {
			s.keepers[i].Now()
		}
	}
}

// Stats are of the stream that is on, or of the other one while that is gone.
func (s *streams) Stats() rtspcam.Stats {
	on := s.chooser.Stats().Chosen
	stats := s.cameras[on].Stats()
	if other := s.cameras[1-on]; !stats.Connected && other != nil {
		if there := other.Stats(); there.Connected {
			return there
		}
	}
	return stats
}
