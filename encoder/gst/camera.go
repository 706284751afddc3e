package gst

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

// SourceKind is a kind of camera or microphone on the box itself.
type SourceKind string

// The kinds. CSI, V4L2 and HDMI are cameras, ALSA is a microphone, and Test is
// a test picture or a test tone.
const (
	CSI      SourceKind = wire.CSI
	USB      SourceKind = wire.V4L2
	HDMI     SourceKind = wire.HDMI
	ALSA     SourceKind = wire.ALSA
	TestTone SourceKind = wire.Test
	TestCard SourceKind = wire.Test
)

// CameraConfig says which camera of the box to take and how to code it.
type CameraConfig struct {
	Worker  Worker
	Backend Backend
	// Kind is CSI, USB, HDMI or TestCard.
	Kind SourceKind
	// Device is "/dev/video0", libcamera's name of a CSI camera (empty: the
	// first), or the name of a test picture of videotestsrc.
	Device string
	// CaptureWidth, CaptureHeight (pixels) and CaptureFPS are what the device
	// is asked for; 0 takes what it has.
	CaptureWidth, CaptureHeight, CaptureFPS int
	// Microphone is ALSA, TestTone or empty, and MicDevice an ALSA name.
	Microphone SourceKind
	MicDevice  string
	// MicKbps is the rate of the sound (Opus, stereo); 0 is 96.
	MicKbps int
	// Settings are of the coded picture.
	Settings
	// KeyInterval is the longest time between two key frames; 0 is 10 s.
	KeyInterval time.Duration
	Tuning      Tuning
	// Epoch is the instant that PTS count from; it needs a monotonic reading.
	Epoch time.Time
}

// Tuning is how the camera exposes; zero values leave it to the camera.
type Tuning struct {
	Shutter time.Duration // exposure time
	Gain    float64       // factor; 1 is none
	Kelvin  int           // white balance
	EV      float64       // compensation of an automatic exposure, in stops
	// Hold keeps what is automatic as it is three seconds after the Tuning was set,
	// or the camera started: until then it follows the light.
	Hold bool
}

// CameraState is what a child reports of its camera about once a second.
type CameraState struct {
	// Format of what the camera gives, in GStreamer's notation.
	Format string
	// Width and Height of it in pixels, and pictures per second, 0 when the
	// camera does not say.
	Width, Height int
	FPS           float64
	// Lacks is what of the Tuning the camera cannot do, one line each.
	Lacks []string
	// Silent is why there is no sound; empty when there is, or none is wanted.
	Silent string
}

// Camera encodes a camera of the box itself, once, in a child process. All
// methods are safe for concurrent use; only Run blocks. OnState is set before.
type Camera struct {
	// OnState can be nil. It is told what the child reports; it must not block.
	OnState func(CameraState)

	child
	controls *cameraControls
	out      unit.Sink
	clock    clock

	mu     sync.Mutex
	before Stats      // counts of the children before this one
	state  wire.State // of this one
}

// NewCamera makes a camera that gives its units to out. Captured is when the
// camera took the picture, by its driver. Units of one child rise in PTS.
func NewCamera(cfg CameraConfig, out unit.Sink, log *slog.Logger) *Camera {
	c := &Camera{out: out, clock: newClock(cfg.Epoch), controls: &cameraControls{controls: newControls(cfg.Settings)}}
	c.controls.tuning = cfg.Tuning
	c.child = newChild("camera", cfg.Worker, nil, log)
	c.live = true
	c.config = func() wire.Config {
		source := wire.Camera{
			Kind: string(cfg.Kind), Device: cfg.Device,
			Width: cfg.CaptureWidth, Height: cfg.CaptureHeight, FPS: cfg.CaptureFPS,
			Sound: string(cfg.Microphone), SoundDevice: cfg.MicDevice, SoundKbps: cfg.MicKbps,
		}
		if source.SoundKbps <= 0 {
			source.SoundKbps = 96
		}
		return c.controls.begin(wire.Config{
			Job: wire.Capture, Backend: string(cfg.Backend), KeyMs: keyMs(cfg.KeyInterval), Camera: &source,
		})
	}
	return c
}

// Run starts a child and serves it until it fails or ctx ends; see
// Transcoder.Run for the errors.
func (c *Camera) Run(ctx context.Context) error { return c.run(ctx, c) }

// SetKbps changes the rate from the next picture on, without a key frame.
func (c *Camera) SetKbps(kbps int) {
	c.controls.setKbps(kbps)
	c.wakeUp()
}

// ForceKey makes the next picture an IDR with its parameter sets.
func (c *Camera) ForceKey() {
	c.controls.forceKey()
	c.wakeUp()
}

// SetSize changes size and frame rate of what is coded, as in Settings. A new
// size costs one IDR, a new frame rate nothing.
func (c *Camera) SetSize(width, height, fps int) {
	c.controls.setSize(width, height, fps)
	c.wakeUp()
}

// SetSkip leaves pictures out before encoding for as long as it is on; after a
// second without one, one is encoded all the same.
func (c *Camera) SetSkip(on bool) {
	c.controls.setSkip(on)
	c.wakeUp()
}

// Tune changes how the camera exposes, within about two pictures.
func (c *Camera) Tune(t Tuning) {
	c.controls.tune(t)
	c.wakeUp()
}

// Ready tells whether a child is up and pictures come.
func (c *Camera) Ready() bool { return c.up.Load() }

// Stats reads the gauges. In is what the camera gave; LatencyP50 and P95 are
// from the camera to the sink.
func (c *Camera) Stats() Stats {
	s := c.gauges()
	c.mu.Lock()
	defer c.mu.Unlock()
	s.In = c.before.In + c.state.Pictures
	s.Dropped = c.before.Dropped + c.state.Dropped
	s.Skipped = c.before.Skipped + c.state.Skipped
	return s
}

// begin, end, control, send and receive make a Camera the job of its child.

func (c *Camera) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before.In += c.state.Pictures
	c.before.Dropped += c.state.Dropped
	c.before.Skipped += c.state.Skipped
	c.state = wire.State{}
}

func (c *Camera) end() {}

func (c *Camera) control(w *wire.Writer) error { return c.controls.send(w) }

func (c *Camera) send(*wire.Writer) (sent, error) { return nothing, nil }

func (c *Camera) window() int { return 1 }

// cameraQuiet is longer than the child's own patience with its device, whose
// words say more.
const cameraQuiet = 2500 * time.Millisecond

func (c *Camera) quiet() time.Duration { return max(cameraQuiet, c.controls.quiet()) }

func (c *Camera) receive(h wire.Header, payload []byte) error {
	switch h.Kind {
	case wire.Report:
		return c.report(payload)
	case wire.Unit:
	default:
		return fmt.Errorf("%w: a picture that is not coded", wire.ErrMalformed)
	}
	pts, captured := c.clock.at(time.Duration(h.Value))
	if h.Flags&wire.Sound != 0 {
		c.out.Put(&unit.Unit{PTS: pts, Captured: captured, Track: unit.Audio, Frame: payload})
		return nil
	}
	c.delivered(time.Since(captured))
	c.out.Put(newUnit(pts, captured, payload))
	return nil
}

func (c *Camera) report(payload []byte) error {
	var s wire.State
	if err := json.Unmarshal(payload, &s); err != nil {
		return fmt.Errorf("%w: report: %v", wire.ErrMalformed, err)
	}
	c.mu.Lock()
	c.state = s
	c.mu.Unlock()
	if c.OnState != nil {
		c.OnState(CameraState{
			Format: s.Format, Width: s.Width, Height: s.Height, FPS: s.FPS, Lacks: s.Lacks, Silent: s.Silent,
		})
	}
	return nil
}

// CameraParts looks for what a camera and a microphone need of the machine
// beside Parts; microphone can be empty. See Parts for its use.
func CameraParts(camera, microphone SourceKind) []Part {
	need := map[SourceKind][]string{
		CSI: {"libcamerasrc"}, USB: {"v4l2src", "jpegdec"}, HDMI: {"v4l2src", "jpegdec"}, TestCard: {"videotestsrc"},
	}[camera]
	switch microphone {
	case ALSA:
		need = append(need, "alsasrc", "audioconvert", "audioresample", "opusenc")
	case TestTone:
		need = append(need, "audiotestsrc", "audioconvert", "audioresample", "opusenc")
	}
	var parts []Part
	for _, f := range native.Look(need...) {
		parts = append(parts, Part{Name: f.Name, Package: f.Package, Found: f.Found, Detail: f.Detail})
	}
	return parts
}
