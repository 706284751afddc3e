package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"studiobox/drivers/button"
	"studiobox/drivers/indicator"
	"studiobox/drivers/power"
	"studiobox/encoder/boxcam"
	"studiobox/firmware/config"
	"studiobox/firmware/health"
	"studiobox/firmware/panel"
	"studiobox/firmware/run"
	"studiobox/firmware/session"
	"studiobox/firmware/showlog"
	"studiobox/firmware/telemetry"
	"studiobox/uplink/carried"
)

// boxConfig is a box in one place: its settings, its hardware, and what the
// demo adds to it.
type boxConfig struct {
	Settings *config.Config
	Hardware hardware
	Socket   string
	// Page is where the page is served; the box closes it.
	Page net.Listener
	// Dial makes the connections to the ingest; nil = the network of this machine.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Demo is nil for a real box.
	Demo *demoHooks
}

// demoHooks are what only a demo has.
type demoHooks struct {
	Line panel.Line
	// Fill adds what the demo knows of its ingest and its line.
	Fill func(*health.Snapshot)
}

// box is the appliance: every part, wired.
type box struct {
	cfg       boxConfig
	log       *slog.Logger
	born      time.Time
	picture   *picture
	conductor *conductor
	button    *button.Button
	lamps     *indicator.Indicator
	page      *panel.Panel
	reporter  *telemetry.Reporter // nil without a broker
	control   *control
	tracker   *health.Tracker
	vitals    *vitals
	snapshots *snapshots
	shows     *showlog.Log
	studio    *studio

	state  atomic.Pointer[session.State]
	failed atomic.Pointer[[]health.CheckResult] // the gate as it was last asked
	// pageHolds is true while the page presses the simulated button.
	pageHolds atomic.Bool
}

// newBox wires the parts; nothing runs and no pin moves yet.
func newBox(cfg boxConfig, log *slog.Logger) (*box, error) {
	b := &box{
		cfg: cfg, log: log, born: time.Now(), snapshots: newSnapshots(),
		tracker: health.NewTracker(health.Definitions()),
		vitals:  newVitals(cfg.Settings.Box.DataDir),
		lamps:   indicator.New(cfg.Hardware.lamps),
	}
	b.conductor = newConductor(log)
	b.conductor.stage, b.conductor.gate = b, b
	b.conductor.facts, b.conductor.onStep = b.facts, b.onStep
	b.makeButton()

	steps := []func() error{b.makeStudio, b.makeShows, b.makePage, b.makePicture, b.makeReporter}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	b.makeControl()
	b.snapshots.store(b.snapshot(session.New(b.sessionConfig())))
	return b, nil
}

func (b *box) makeButton() {
	cfg := b.cfg.Hardware.button
	cfg.Epoch = b.conductor.born
	b.button = button.New(b.cfg.Hardware.buttonPin, cfg)
	b.button.OnEvent = func(e button.Event) {
		b.conductor.Post(session.Event{Kind: buttonKinds[e.Kind], At: e.At, Source: session.Button})
		b.reportButton(e.Kind)
		if e.Kind == button.Down && !b.pageHolds.Load() {
			b.page.OpenWindow(time.Now()) // somebody stands at the box
		}
	}
}

// buttonKinds are the machine's words for what a line did.
var buttonKinds = map[button.Kind]session.Kind{
	button.Up: session.Up, button.Down: session.Down, button.Stuck: session.Stuck,
	button.Cut: session.Cut, button.Recovered: session.Recovered,
}

func (b *box) makePage() error {
	deps := panel.Deps{
		Snapshots: b.snapshots, Presser: b.presser(), Stopper: b, RemoteStart: b, Shows: b.shows,
	}
	if b.studio.parts.table != nil || len(b.studio.parts.lamps) > 0 {
		deps.Studio, deps.Looks = b.studio, b.studio
	}
	if b.cfg.Demo != nil {
		deps.Line = b.cfg.Demo.Line
	}
	var err error
	b.page, err = panel.New(panel.Config{
		Listener: b.cfg.Page, OpenLocal: b.cfg.Demo != nil, Text: health.Text,
	}, deps, b.log.With("part", "page"))
	return err
}

func (b *box) makeStudio() (err error) {
	parts := b.cfg.Hardware.studio
	parts.others = append(parts.others, b.cfg.Hardware.extras.runs()...)
	if supply := b.cfg.Hardware.extras.supply; supply != nil {
		watch := &cameraPower{supply: supply, policy: power.NewPolicy(power.PolicyConfig{}), good: b.pictures, log: b.log}
		parts.others = append(parts.others, run.Part{Name: "camera power", Run: watch.Run})
	}
	if boxcam.Is(b.cfg.Settings.Camera.URL) { // one in the network is set on its own page
		parts.camera = lookCamera{b}
	}
	b.studio, err = newStudio(parts, b.cfg.Settings, b.log.With("part", "studio"))
	return err
}

func (b *box) makePicture() error {
	settings := b.cfg.Settings
	camera, uplink := peers(settings)
	uplink.Dial = b.cfg.Dial
	camera.Epoch = b.born
	book, err := carried.Open(b.stateFile("uplinks.json"))
	if err != nil {
		b.log.Warn("the first show will start at a guess", "error", err)
	}
	b.picture, err = newPicture(pictureConfig{
		Camera: streamsConfig{
			Camera: camera, SubURL: settings.Camera.SubURL, ONVIF: settings.Camera.ONVIF,
			AskRate: settings.Camera.ONVIFAsk, DataDir: settings.Box.DataDir,
		},
		NeverTranscode: settings.Picture.Transcode == "never",
		Publish:        uplink, Worker: worker(settings.Box.DataDir), Limits: rateLimits(settings),
		Carried: book, Tap: b.page.Camera(),
		OnDecision: b.record,
	}, b.log, b.publishingEnded)
	if err == nil {
		b.picture.refused = b.ingestRefused
	}
	return err
}

// stateFile is a file that outlives the process; a demo keeps nothing.
func (b *box) stateFile(name string) string {
	if b.cfg.Demo != nil {
		return ""
	}
	return filepath.Join(b.cfg.Settings.Box.DataDir, name)
}

func (b *box) makeReporter() error {
	settings := b.cfg.Settings
	if settings.MQTT.Broker == "" {
		return nil
	}
	var err error
	b.reporter, err = telemetry.New(telemetry.Config{
		Broker: settings.MQTT.Broker, Tenant: settings.Box.Tenant, Box: settings.Box.ID,
		User: settings.MQTT.User, Password: settings.MQTT.Password, TLS: settings.MQTT.TLS.Client(),
	}, b.snapshots, b.log.With("part", "mqtt"))
	return err
}

func (b *box) makeControl() {
	b.control = &control{path: b.cfg.Socket, snapshot: b.snapshots.Snapshot}
	if twin := b.cfg.Hardware.twin; twin != nil {
		b.control.press = finger(twin)
	}
}

// Run is the box at work, until ctx ends or a part fails for good. Whatever the
// way out, everything that moves or shines is halted.
func (b *box) Run(ctx context.Context) (err error) {
	defer b.shows.Close() // after the halt: a slow card must not keep the motor turning
	defer func() { err = errors.Join(err, b.halt()) }()
	parts := []run.Part{
		{Name: "button", Run: b.button.Run},
		{Name: "lamps", Run: b.lamps.Run},
		{Name: "picture", Run: b.picture.Run},
		{Name: "page", Run: b.page.Run},
		{Name: "control", Run: b.control.Run},
		{Name: "vitals", Run: b.vitals.Run},
		{Name: "shows", Run: b.shows.Run},
		{Name: "studio", Run: b.studio.Run},
		{Name: "session", Run: func(ctx context.Context) error { return b.conductor.Run(ctx, b.sessionConfig()) }},
	}
	if b.reporter != nil {
		parts = append(parts, run.Part{Name: "mqtt", Run: b.reporter.Run})
	}
	return run.Together(ctx, session.StopWithin, parts...)
}

// halt is the reverse list: what could hurt first, lights last; they hold their look.
func (b *box) halt() error {
	if err := errors.Join(b.studio.halt(), b.lamps.Halt(), b.cfg.Hardware.extras.halt(), b.button.Halt(), b.cfg.Hardware.halt()); err != nil {
		return fmt.Errorf("halt: %w", err)
	}
	return nil
}

func (b *box) sessionConfig() session.Config {
	s := b.cfg.Settings.Session
	return session.Config{
		Hold: s.HoldStart.Duration, StopHold: s.HoldStop.Duration, Countdown: s.Countdown.Duration,
		RemoteStart: s.RemoteStart, ActOnRelease: b.cfg.Hardware.button.NormallyClosed,
	}
}

// onStep shows what the machine has become, on the lamp first.
func (b *box) onStep(state session.State) {
	b.studio.keepAlive(time.Now())
	_ = b.lamps.Set(session.Lamp(state)) // both sides' names are compared by a test
	b.cfg.Hardware.extras.tell(session.Lamp(state), b.picture.rate.part().TargetKbps, b.cfg.Page.Addr())
	b.state.Store(&state)
	b.reportConditions(state)
	b.snapshots.store(b.snapshot(state))
}

// ingestRefused ends a start at once when trying again would change nothing.
func (b *box) ingestRefused() {
	b.conductor.Post(session.Event{
		Kind: session.Failed, Attempt: b.conductor.attempt.Load(), Reason: health.IngestRefused,
	})
}

func (b *box) publishingEnded() {
	b.shows.End()
	b.conductor.Post(session.Event{Kind: session.Stopped, Attempt: b.conductor.attempt.Load()})
}

// StartPublishing, StopPublishing and HaltMotion are the conductor's stage.
func (b *box) StartPublishing() { b.picture.Start() }

// StopPublishing ends the show.
func (b *box) StopPublishing() { b.picture.Stop() }

// HaltMotion stops the table.
func (b *box) HaltMotion() {
	b.studio.Stop()
}
