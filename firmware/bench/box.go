package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/rtspcam"
	"studiobox/firmware/app"
	"studiobox/uplink/publish"
	"studiobox/uplink/rate"
	"studiobox/uplink/rivals"
	"studiobox/uplink/rivals/gcc"
)

// ourRule is this project's own controller; gccRule is no rule on RTSP but a
// box of its own, over UDP.
const (
	ourRule = "box"
	gccRule = "gcc"
)

// The limits of all rules, in kbit/s.
const (
	floorKbps   = 300
	ceilingKbps = 6000
	startKbps   = 1000
)

// boxCommand is the box's process: the picture path with a rule of choice.
type boxCommand struct {
	Camera    string `required:"" help:"The camera's RTSP address."`
	Ingest    string `required:"" help:"Where to publish to."`
	Rule      string `required:"" help:"Which rule decides the rate."`
	Transport string `enum:"tcp,udp" default:"tcp" help:"How media travel: ${enum}."`
	Stats     string `required:"" help:"Where the record of decisions goes."`
}

// Run carries the picture until standard input closes.
func (c *boxCommand) Run(ctx context.Context) error {
	stats, err := os.Create(c.Stats)
	if err != nil {
		return fmt.Errorf("box: %w", err)
	}
	defer stats.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if c.Rule == gccRule {
		return gcc.RunBox(ctx, gcc.BoxConfig{
			Camera: c.camera(), Remote: c.Ingest, Limits: limits(), Stats: stats,
			Worker: gst.Worker{Command: []string{"/proc/self/exe", workerArgument}},
		}, log)
	}
	relay, err := c.relay()
	if err != nil {
		return fmt.Errorf("box: %w", err)
	}
	relay.Stats = stats
	return relay.Run(ctx, os.Stderr, log)
}

func (c *boxCommand) camera() rtspcam.Config {
	return rtspcam.Config{URL: c.Camera, Transport: "tcp", Epoch: time.Now()}
}

func limits() rate.Limits {
	return rate.Limits{FloorKbps: floorKbps, CeilingKbps: ceilingKbps, StartKbps: startKbps}
}

// relay is the product's own picture path; a rival differs by its rule and by
// what that rule needs around it.
func (c *boxCommand) relay() (app.Relay, error) {
	relay := app.Relay{
		Camera: c.camera(),
		Publish: publish.Config{
			URL: c.Ingest, Transport: c.Transport,
			TLS: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the ingest is a goroutine of the bench that signed for itself
		},
		Limits:    limits(),
		Transcode: true,
	}
	if c.Rule == ourRule {
		return relay, nil
	}
	rule, settings, err := rivals.ByName(c.Rule, relay.Limits)
	if err != nil {
		return app.Relay{}, err
	}
	relay.Rule = rule
	relay.Publish.MaxAge = settings.MaxAge
	relay.Limits.StartKbps = settings.StartKbps
	return relay, nil
}
