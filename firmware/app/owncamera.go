package app

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"studiobox/encoder/boxcam"
	"studiobox/encoder/gst"
	"studiobox/encoder/rtspcam"
	"studiobox/encoder/shape"
	"studiobox/encoder/unit"
	"studiobox/firmware/run"
	"studiobox/uplink/rate"
)

// filming is where the picture comes from, and how it follows the line: cameras
// in the network (streams) or one on the box itself (ownCamera).
type filming interface {
	source
	follower
	Stats() rtspcam.Stats
}

// source is a camera as the picture path keeps it alive.
type source interface {
	Run(ctx context.Context) error
	// ForceKey asks the camera for a key picture, ReconnectNow cuts its waits short.
	ForceKey()
	ReconnectNow()
}

// follower is a camera as the rate loop steers it.
type follower interface {
	// follow tells what the line allows the picture, at every step of the rate
	// loop; ready says that a transcoder can make that rate. rest is between shows.
	follow(now time.Time, d rate.Decision, videoKbps int, ready bool)
	rest()
	// pacing is how fast a burst of its units may leave the box.
	pacing(kbps int, shaped bool) int
}

// newFilming makes what the address asks for; nothing runs yet.
func newFilming(cfg streamsConfig, worker gst.Worker, out unit.Sink, onMedia func(unit.Media), failed func(error), log *slog.Logger) (filming, error) {
	if !boxcam.Is(cfg.Camera.URL) {
		return newStreams(cfg, out, onMedia, failed, log)
	}
	address, err := boxcam.Parse(cfg.Camera.URL)
	if err != nil {
		return nil, err
	}
	camera, err := boxcam.New(boxcam.Config{Address: address, Worker: worker, KeyInterval: keyInterval, Epoch: cfg.Camera.Epoch},
		out, log.With("part", "camera"))
	if err != nil {
		return nil, err
	}
	camera.OnMedia = onMedia
	camera.OnFaults = func(faults []boxcam.Fault) {
		for _, f := range faults {
			log.Warn("the camera goes on, but", "code", f.Code, "what", f.Text)
		}
	}
	return &ownCamera{camera: camera, born: time.Now(), keeper: run.Keeper{
		Name: "camera", Log: log, OnFailure: failed,
		Backoff: run.Backoff{First: 250 * time.Millisecond, Max: 1200 * time.Millisecond, Settle: 10 * time.Second},
	}}, nil
}

// idleKbps is the rate between shows, for the page.
const idleKbps = 2000

// ownCamera is a camera on the box itself: coded once, at the rate that the line
// carries, and in the size and frame rate that this rate deserves.
type ownCamera struct {
	camera *boxcam.Camera
	keeper run.Keeper
	born   time.Time
	steps  shape.Steps // of the rate loop
}

// Run keeps the camera alive until ctx ends.
func (c *ownCamera) Run(ctx context.Context) error { return c.keeper.Run(ctx, c.camera.Run) }

// soundGap is how long a microphone may be silent, as while it is opened anew,
// before there counts as none.
const soundGap = 2 * time.Second

// Stats are told as those of a camera in the network: a microphone that gives
// nothing is none, though the stream keeps its track.
func (c *ownCamera) Stats() rtspcam.Stats {
	s := c.camera.Stats()
	if time.Since(s.LastAudio) > soundGap {
		s.Media.Audio = nil
	}
	return rtspcam.Stats{
		Connected: s.Connected, Media: s.Media, Kbps: s.Kbps, FPS: s.FPS, LastVideo: s.LastVideo,
	}
}

// fault is the text of the camera's faults of one code; empty = there is none.
func (c *ownCamera) fault(code string) string {
	var all []string
	for _, f := range c.camera.Faults() {
		if f.Code == code {
			all = append(all, f.Text)
		}
	}
	return strings.Join(all, "; ")
}

// microphone is true where one is wired to the box: then somebody counts on it.
func (p *picture) microphone() bool {
	own, isOwn := p.camera.(*ownCamera)
	return isOwn && own.camera.Microphone()
}

// silence is why the box's own microphone gives nothing, as far as it is known.
func (p *picture) silence() string {
	if own, isOwn := p.camera.(*ownCamera); isOwn {
		return own.fault(boxcam.MicrophoneLost)
	}
	return ""
}

// lacks is what of the present look the camera does not do.
func (b *box) lacks() string {
	if own, isOwn := b.picture.camera.(*ownCamera); isOwn {
		return own.fault(boxcam.SettingMissing)
	}
	if remote, isRemote := b.studio.parts.camera.(*netCamera); isRemote {
		return remote.lacks()
	}
	return ""
}

// ForceKey makes the next picture a key picture.
func (c *ownCamera) ForceKey() { c.camera.ForceKey() }

// ReconnectNow cuts the wait between two tries short.
func (c *ownCamera) ReconnectNow() { c.keeper.Now() }

func (c *ownCamera) follow(now time.Time, d rate.Decision, videoKbps int, _ bool) {
	c.camera.SetKbps(videoKbps)
	c.camera.SetSkip(d.Skip)
	sourceWidth, sourceHeight, sourceFPS := c.camera.Source()
	width, height, fps, news := c.steps.Step(now.Sub(c.born), sourceWidth, sourceHeight, sourceFPS, videoKbps)
	if news {
		c.camera.SetSize(width, height, fps)
	}
}

func (c *ownCamera) rest() {
	c.camera.SetKbps(idleKbps)
	c.camera.SetSkip(false)
	c.steps = shape.Steps{}
	c.camera.SetSize(0, 0, 0)
}

func (c *ownCamera) pacing(kbps int, _ bool) int { return kbps }
