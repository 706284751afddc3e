package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"time"

	"studiobox/encoder/rtspcam"
	"studiobox/firmware/run"
	"studiobox/uplink/publish"
	"studiobox/uplink/rate"
)

// relayLine is one line of `relay --stats`: what was seen and what was decided.
type relayLine struct {
	Time       time.Time `json:"time"`
	TargetKbps int       `json:"targetKbps"`
	Reason     string    `json:"reason"`
	Mode       string    `json:"mode"`
	SourceKbps int       `json:"sourceKbps"`
	OutKbps    int       `json:"outKbps"`
	AckedKbps  int       `json:"ackedKbps"`
	Acked      uint64    `json:"acked"`
	QueueMs    int64     `json:"queueMs"`
	QueueBytes int       `json:"queueBytes"`
	RTTMs      float64   `json:"rttMs"`
	Connected  bool      `json:"connected"`
	Dropped    uint64    `json:"dropped"`
}

// Rule decides the rate from what the line showed; it is stepped every 25 ms.
type Rule interface {
	Step(rate.Observation) rate.Decision
}

// Relay is the picture path alone: a camera, a rate rule and an ingest.
type Relay struct {
	Camera  rtspcam.Config
	Publish publish.Config
	Limits  rate.Limits
	// Rule decides the rate; nil is this project's own.
	Rule Rule
	// Transcode makes the box encode even where the camera's stream would fit.
	Transcode bool
	// Stats gets one JSON line every 25 ms; can be nil.
	Stats io.Writer
}

// Run carries the picture until ctx ends, and prints a line on out whenever
// something changes that a person would ask about.
func (r Relay) Run(ctx context.Context, out io.Writer, log *slog.Logger) error {
	cfg := pictureConfig{
		Camera: streamsConfig{Camera: r.Camera, DataDir: os.TempDir()}, Publish: r.Publish, Limits: r.Limits, Rule: r.Rule,
		Worker: worker(os.TempDir()), ForceTranscode: r.Transcode,
	}
	var p *picture
	if r.Stats != nil {
		lines := json.NewEncoder(r.Stats)
		cfg.OnDecision = func(s rateStep) { _ = lines.Encode(p.relayLine(s)) }
	}
	p, err := newPicture(cfg, log, func() {})
	if err != nil {
		return err
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1) // one pump needs one processor; waking a second one for each packet costs a third more
	}
	p.Start()
	return run.Together(ctx, 2*stopWithin,
		run.Part{Name: "picture", Run: p.Run},
		run.Part{Name: "report", Run: func(ctx context.Context) error { return p.report(ctx, out) }},
	)
}

// Run carries the picture until Ctrl-C, or until --for is over.
func (c *relayCommand) Run(env *environment) error {
	ctx := env.ctx
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	relay := c.relay()
	if c.Stats != "" {
		file, err := os.Create(c.Stats)
		if err != nil {
			return fmt.Errorf("--stats: %w", err)
		}
		defer file.Close()
		relay.Stats = file
	}
	return relay.Run(ctx, env.out, env.log)
}

func (c *relayCommand) relay() Relay {
	var roots *tls.Config
	if c.Insecure {
		roots = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // asked for by --insecure
	}
	transport := "tcp"
	if c.CameraUDP {
		transport = "udp"
	}
	return Relay{
		Camera:    rtspcam.Config{URL: c.Camera, Transport: transport, TLS: roots, Epoch: time.Now()},
		Publish:   publish.Config{URL: c.Ingest, Transport: c.Transport, TLS: roots},
		Limits:    rate.Limits{FloorKbps: int(c.Floor), CeilingKbps: int(c.Ceiling), StartKbps: startWithin(c)},
		Transcode: c.Transcode,
	}
}

func startWithin(c *relayCommand) int {
	return min(max(int(c.Start), int(c.Floor)), int(c.Ceiling))
}

func (p *picture) relayLine(s rateStep) relayLine {
	shaped, published := p.shaper().Stats(), p.publisher.Stats()
	return relayLine{
		Time: s.At, TargetKbps: s.Decision.Kbps, Reason: string(s.Decision.Reason),
		Mode: shaped.Mode, SourceKbps: shaped.SourceKbps, OutKbps: shaped.OutKbps,
		AckedKbps: published.AckedKbps, Acked: s.Observation.Acked,
		QueueMs: s.Observation.QueueAge.Milliseconds(), QueueBytes: s.Observation.QueuedBytes,
		RTTMs:     float64(s.Observation.RTT.Microseconds()) / 1000,
		Connected: s.Observation.Connected, Dropped: published.DroppedVideo + published.DroppedAudio,
	}
}

// report prints one line whenever something changes that a person would ask about.
func (p *picture) report(ctx context.Context, out io.Writer) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var last string
	for {
		if line := p.reportLine(); line != last {
			fmt.Fprintln(out, line)
			last = line
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (p *picture) reportLine() string {
	if err := p.cameraError.get(); err != nil {
		return fmt.Sprintf("camera: %v", err)
	}
	if err := p.publisherError.get(); err != nil && !p.publisher.Stats().Connected {
		return fmt.Sprintf("ingest: %v", err)
	}
	shaped, published, decided := p.shaper().Stats(), p.publisher.Stats(), p.rate.part()
	if !published.Connected {
		return "connecting"
	}
	return fmt.Sprintf("on air: %s %d kbit/s of %d from the camera, target %d (%s), queue %d ms, round trip %d ms",
		shaped.Mode, shaped.OutKbps, shaped.SourceKbps, decided.TargetKbps, decided.Reason,
		published.QueueAge.Milliseconds(), published.RTT.Milliseconds())
}
