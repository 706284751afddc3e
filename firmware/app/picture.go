package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"studiobox/encoder/boxcam"
	"studiobox/encoder/gst"
	"studiobox/encoder/shape"
	"studiobox/encoder/unit"
	"studiobox/firmware/run"
	"studiobox/uplink/carried"
	"studiobox/uplink/publish"
	"studiobox/uplink/rate"
)

// stopWithin is how long the parts of the picture path have to end. It is below
// the two seconds that a producer is promised.
const stopWithin = 1500 * time.Millisecond

// mostPatience is how old a picture may be when it leaves: viewers three seconds
// behind the camera can still be shown it. The rate rule drops a backlog sooner
// where it would delay what is fresh.
const mostPatience = 2500 * time.Millisecond

// pictureConfig is what the picture path needs from the outside.
type pictureConfig struct {
	Camera  streamsConfig
	Publish publish.Config
	Limits  rate.Limits
	// Carried is what the uplinks carried in earlier shows; nil forgets it
	// with the process.
	Carried *carried.Book
	Worker  gst.Worker
	// Rule decides the rate; nil is this project's own.
	Rule Rule
	// ForceTranscode transcodes even where the camera's own stream would fit.
	ForceTranscode bool
	// NeverTranscode leaves the transcoder and the loudness meter off: the box
	// is too weak for them.
	NeverTranscode bool
	// Tap sees every unit of the camera too, for the page; can be nil.
	Tap unit.Sink
	// OnDecision can be nil; it is called from the rate loop, every 25 ms on air.
	OnDecision func(rateStep)
}

// picture is the path of the picture: camera, shaper with its transcoder, and
// publisher, with the rate loop that steers them.
type picture struct {
	cfg       pictureConfig
	log       *slog.Logger
	camera    filming
	publisher *publish.Publisher
	coder     atomic.Pointer[coder]
	hearing   *hearing // nil on a box that is too weak

	transcoderKeeper, publisherKeeper            run.Keeper
	cameraError, transcoderError, publisherError lastError

	air     *toggle
	audible atomic.Bool // the camera has an audio track
	onAir   atomic.Bool // units flow to the publisher
	rate    *rateLoop
	ended   func() // told after each end of publishing
	refused func() // told of a refusal that lasts; can be nil

	mutex    sync.Mutex
	media    *unit.Media // what the camera offers; nil = not known yet
	h264Only bool        // this show cannot send H.265
}

// newPicture wires the path; nothing runs yet. ended is called each time that
// publishing has come to its end.
func newPicture(cfg pictureConfig, log *slog.Logger, ended func()) (*picture, error) {
	if cfg.Carried == nil {
		cfg.Carried, _ = carried.Open("") // memory cannot fail
	}
	weak := cfg.NeverTranscode
	if boxcam.Is(cfg.Camera.Camera.URL) {
		cfg.NeverTranscode = true // it is coded at the line's rate already
	}
	if cfg.Publish.MaxAge == 0 {
		cfg.Publish.MaxAge = mostPatience
	}
	p := &picture{cfg: cfg, log: log, air: newToggle(), ended: ended}
	var err error
	if p.publisher, err = publish.New(cfg.Publish, log.With("part", "publish")); err != nil {
		return nil, err
	}
	p.coder.Store(p.newCoder(unit.H264, false))
	if !weak {
		p.hearing = newHearing(cfg.Worker, log)
	}
	p.publisher.OnKeyNeeded = p.forceKey
	p.camera, err = newFilming(cfg.Camera, cfg.Worker, unit.SinkFunc(p.fromCamera), p.setMedia, p.cameraError.set, log)
	if err != nil {
		return nil, err
	}
	p.rate = newRateLoop(cfg.Limits, p)
	p.keepers()
	return p, nil
}

// keepers sets how each part comes back: an ingest that returns is found within
// two seconds, a dead encoder within half of one.
func (p *picture) keepers() {
	peer := run.Backoff{First: 250 * time.Millisecond, Max: 1200 * time.Millisecond, Settle: 10 * time.Second}
	child := run.Backoff{First: 100 * time.Millisecond, Max: 5 * time.Second, Settle: 2 * time.Second}
	p.publisherKeeper = run.Keeper{Name: "publisher", Backoff: peer, Log: p.log, OnFailure: p.publisherFailed}
	p.transcoderKeeper = run.Keeper{Name: "transcoder", Backoff: child, Log: p.log, OnFailure: p.transcoderError.set}
}

func (p *picture) shaper() *shape.Shaper       { return p.coder.Load().shaper }
func (p *picture) transcoder() *gst.Transcoder { return p.coder.Load().transcoder }

// canTranscode tells whether any rate can be made of the camera's stream now.
func (p *picture) canTranscode() bool { return !p.cfg.NeverTranscode && p.transcoder().Ready() }

// forceKey asks for a key picture where one can be made: here, or in the camera.
func (p *picture) forceKey() {
	p.shaper().ForceKey()
	if !p.canTranscode() {
		p.camera.ForceKey()
	}
}

// fromCamera never blocks: each of the sinks behind it drops when it is full.
func (p *picture) fromCamera(u *unit.Unit) {
	if p.cfg.Tap != nil {
		p.cfg.Tap.Put(u)
	}
	if p.hearing != nil {
		p.hearing.Put(u)
	}
	p.shaper().Put(u)
}

// Run keeps the camera and the idle transcoder alive, and publishes between
// Start and Stop, until ctx ends.
func (p *picture) Run(ctx context.Context) error {
	parts := []run.Part{
		{Name: "camera", Run: p.camera.Run},
		{Name: "transcoder", Run: p.runTranscoder},
		{Name: "uplink", Run: func(ctx context.Context) error {
			return p.air.Run(ctx, p.publish, func(error) { p.ended() })
		}},
	}
	if p.hearing != nil {
		parts = append(parts, run.Part{Name: "loudness", Run: p.hearing.Run})
	}
	return run.Together(ctx, stopWithin, parts...)
}

// publish is one show: from start to stop, over as many connections as it takes.
func (p *picture) publish(ctx context.Context) error {
	p.publisherError.set(nil)
	p.onAir.Store(true)
	defer p.onAir.Store(false)
	return run.Together(ctx, stopWithin,
		run.Part{Name: "publisher", Run: func(ctx context.Context) error {
			return p.publisherKeeper.Run(ctx, p.publisher.Run)
		}},
		run.Part{Name: "rate", Run: p.rate.Run},
	)
}

// Start begins to publish; Stop ends it. Neither waits.
func (p *picture) Start() {
	p.tryH265()
	p.air.TurnOn()
}

// Stop ends publishing; ended is called when it has come to rest.
func (p *picture) Stop() { p.air.TurnOff() }

// ReconnectNow cuts every wait between two tries short.
func (p *picture) ReconnectNow() {
	p.camera.ReconnectNow()
	p.publisherKeeper.Now()
}

// publisherFailed notes why a session with the ingest ended. An ingest that does
// not take H.265 is offered H.264 next; other refusals that trying again cannot
// change are told at once.
func (p *picture) publisherFailed(err error) {
	p.publisherError.set(err)
	if errors.Is(err, publish.ErrCodec) && p.leaveH265() {
		return
	}
	if isRefusal(err, lastingRefusals...) && p.refused != nil {
		p.refused()
	}
}

// lastingRefusals are answers of an ingest that trying again does not change.
var lastingRefusals = []error{publish.ErrAuth, publish.ErrNotRTSP, publish.ErrCodec, publish.ErrTLS, publish.ErrTransport}

// lastError is why a part last failed; nil once it works again.
type lastError struct{ value atomic.Pointer[error] }

func (e *lastError) set(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		e.value.Store(nil)
		return
	}
	e.value.Store(&err)
}

// get is nil while the part works.
func (e *lastError) get() error {
	if err := e.value.Load(); err != nil {
		return *err
	}
	return nil
}
