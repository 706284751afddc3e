// Package boxcam takes a camera of the box itself (CSI, USB, HDMI capture) and a
// microphone, encoded once, and gives units as a camera in the network does.
package boxcam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// Config says which camera to take and how to code it.
type Config struct {
	Address Address
	Worker  gst.Worker
	Backend gst.Backend
	// Kbps is the video rate to begin with, in kbit/s; 0 is gst's default.
	Kbps int
	// KeyInterval is the longest time between two key pictures; 0 is 10 s.
	KeyInterval time.Duration
	Settings    Settings
	// Epoch is the instant that PTS count from; it needs a monotonic reading.
	Epoch time.Time
}

// The codes of faults. None of them ends the picture.
const (
	SettingMissing = "camera_setting_missing" // a setting that the camera cannot do
	MicrophoneLost = "microphone_lost"        // no sound; it is tried again
)

// Fault is something wrong with a camera that goes on.
type Fault struct{ Code, Text string }

// Camera is one camera of the box. Its func fields are set before Run. The
// methods are safe for concurrent use; only Run blocks.
type Camera struct {
	// OnMedia can be nil. It is told what the camera sends before the first
	// unit of each run, and again when the parameter sets change. It must not
	// block.
	OnMedia func(unit.Media)
	// OnFaults can be nil. It is told all that is wrong whenever that changes;
	// none when all is well. It must not block.
	OnFaults func([]Fault)

	cfg     Config
	encoder *gst.Camera
	sink    unit.Sink
	tally   tally

	// Of the goroutine that brings units, and so of one run after the other.
	told  bool
	media unit.Media
	floor [2]time.Duration // by track: the lowest PTS that is still free

	mu                 sync.Mutex
	faults             []Fault
	width, height, fps int // of what the camera gives
}

// New checks the settings; it opens nothing. Units go to sink, one at a time.
// log can be nil.
func New(cfg Config, sink unit.Sink, log *slog.Logger) (*Camera, error) {
	if err := cfg.Settings.Check(cfg.Address.FPS); err != nil {
		return nil, fmt.Errorf("camera %s: %w", cfg.Address, err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := cfg.Address
	c := &Camera{cfg: cfg, sink: sink}
	c.encoder = gst.NewCamera(gst.CameraConfig{
		Worker: cfg.Worker, Backend: cfg.Backend,
		Kind: a.Kind, Device: a.Device, CaptureWidth: a.Width, CaptureHeight: a.Height, CaptureFPS: a.FPS,
		Microphone: a.Microphone, MicDevice: a.MicDevice,
		Settings: gst.Settings{Kbps: cfg.Kbps}, KeyInterval: cfg.KeyInterval,
		Tuning: cfg.Settings.tuning(), Epoch: cfg.Epoch,
	}, unit.SinkFunc(c.put), log.With("camera", a.String()))
	c.encoder.OnState = c.stated
	return c, nil
}

// Run serves the camera until it or its child process fails, or ctx ends. Only
// the last is no error. Calls must not overlap.
func (c *Camera) Run(ctx context.Context) error {
	c.told = false
	defer c.tally.disconnected()
	err := c.encoder.Run(ctx)
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return fmt.Errorf("camera %s: %w", c.cfg.Address, err)
}

// SetKbps changes the video rate from the next picture on, without a key picture.
func (c *Camera) SetKbps(kbps int) { c.encoder.SetKbps(kbps) }

// ForceKey makes the next picture a key picture.
func (c *Camera) ForceKey() { c.encoder.ForceKey() }

// SetSize changes what is coded, in pixels and pictures per second at most; 0
// is what is captured. A new size costs a key picture, a new rate nothing.
func (c *Camera) SetSize(width, height, fps int) { c.encoder.SetSize(width, height, fps) }

// SetSkip leaves pictures out before they are encoded, but for one a second.
func (c *Camera) SetSkip(on bool) { c.encoder.SetSkip(on) }

// Set changes exposure, gain, white balance and shutter while the camera runs,
// and for later runs. What the camera lacks comes to OnFaults.
func (c *Camera) Set(s Settings) error {
	if err := s.Check(c.cfg.Address.FPS); err != nil {
		return fmt.Errorf("camera %s: %w", c.cfg.Address, err)
	}
	c.encoder.Tune(s.tuning())
	return nil
}

// Source is what the camera gives, in pixels and pictures per second, whatever is
// coded of it; 0 until it is known.
func (c *Camera) Source() (width, height, fps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.width, c.height, c.fps
}

// Microphone tells whether there is one in the address.
func (c *Camera) Microphone() bool { return c.cfg.Address.Microphone != "" }

// Ready tells whether pictures come.
func (c *Camera) Ready() bool { return c.encoder.Ready() }

// Faults is all that is wrong while the camera goes on.
func (c *Camera) Faults() []Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.faults)
}

// stated makes faults of what the child reports.
func (c *Camera) stated(s gst.CameraState) {
	var faults []Fault
	for _, lack := range s.Lacks {
		faults = append(faults, Fault{SettingMissing, lack})
	}
	if s.Silent != "" {
		faults = append(faults, Fault{MicrophoneLost, s.Silent})
	}
	c.tally.formatted(s.Format)
	c.mu.Lock()
	same := slices.Equal(faults, c.faults)
	c.faults = faults
	c.width, c.height, c.fps = s.Width, s.Height, int(math.Round(s.FPS))
	if c.fps == 0 {
		c.fps = c.cfg.Address.FPS // it does not say; it was asked for this
	}
	c.mu.Unlock()
	if !same && c.OnFaults != nil {
		c.OnFaults(slices.Clone(faults))
	}
}
