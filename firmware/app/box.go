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

	"studiobox/board/profile"
	"studiobox/drivers/button"
	"studiobox/drivers/indicator"
	"studiobox/firmware/config"
	"studiobox/firmware/health"
	"studiobox/firmware/panel"
	"studiobox/firmware/run"
	"studiobox/firmware/session"
	"studiobox/firmware/showlog"
	"studiobox/uplink/carried"
	"studiobox/uplink/rate"
)

// boxConfig is a box in one place: its settings, its hardware, and what the
// demo adds to it.
type boxConfig struct {
	Settings *config.Config
	Files    []string // that the settings came from
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
	fleet     *fleet // nil without a broker
	control   *control
	tracker   *health.Tracker
	vitals    *vitals
	snapshots *snapshots
	shows     *showlog.Log
	studio    *studio
	card      *greyCard     // nil where the camera's colours cannot be set
	taker     *pictureTaker // nil without card
	origin    *origin
	identify  identify
	leave     *leave
	buttons   buttonFaults
	// limits are the rates of the next show.
	limits atomic.Pointer[rate.Limits]
	// end ends Run with a reason; it is set by Run.
	end context.CancelCauseFunc

	state  atomic.Pointer[session.State]
	failed atomic.Pointer[[]health.CheckResult] // the gate as it was last asked
	// wayToPage is for the display; only the conductor's goroutine asks for it.
	wayToPage wayToPage
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
		origin:  newOrigin("/"),
	}
	_, b.wayToPage.port, _ = net.SplitHostPort(cfg.Page.Addr().String()) // a TCP listener's address has both
	if err := prepareData(cfg.Settings.Box.DataDir, cfg.Files, log); err != nil {
		log.Warn("the data directory is not as it should be", "error", err) // a show needs none
	}
	var err error
	if b.leave, err = openLeave(filepath.Join(cfg.Settings.Box.DataDir, leaveFile)); err != nil {
		log.Warn("no show is started from afar", "error", err)
	}
	limits := rateLimits(cfg.Settings)
	b.limits.Store(&limits)
	b.conductor = newConductor(log)
	b.conductor.stage, b.conductor.gate = b, b
	b.conductor.facts, b.conductor.onStep = b.facts, b.onStep
	b.makeButton()

	steps := []func() error{b.makeStudio, b.makeShows, b.makePage, b.makePicture, b.makeFleet}
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
		b.reportButton(string(profile.ButtonGoLive), e.Kind)
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
		Snapshots: b.snapshots, Presser: b.presser(), Stopper: b, Shows: b.shows,
	}
	if b.cfg.Settings.Session.RemoteStart { // else there is nothing to allow
		deps.RemoteStart = b
	}
	if b.studio.parts.table != nil || len(b.studio.parts.lamps) > 0 || b.card != nil {
		deps.Studio, deps.Looks = b.studio, b.studio
	}
	if b.card != nil {
		deps.GreyCard = b.card
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
	parts.others = append(parts.others, b.cameraPowerPart()...)
	if err := b.fitCamera(&parts); err != nil {
		return err
	}
	parts.onButton = b.reportButton
	if b.studio, err = newStudio(parts, b.cfg.Settings, b.log.With("part", "studio")); err != nil {
		return err
	}
	b.studio.remember(b.stateFile("look.json"))
	if b.card != nil {
		b.card.director = b.studio.director
	}
	return nil
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
		Carried: book, Tap: b.tap(b.page.Camera()),
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
	if b.fleet != nil {
		defer b.fleet.keep()()
	}
	defer func() { err = errors.Join(err, b.halt()) }()
	ctx, b.end = context.WithCancelCause(ctx)
	defer b.end(nil)
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
	if b.fleet != nil {
		parts = append(parts, b.fleet.parts()...)
	}
	err = run.Together(ctx, session.StopWithin, parts...)
	if errors.Is(context.Cause(ctx), errRestart) {
		err = errors.Join(errRestart, err)
	}
	return err
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
		RemoteStart: s.RemoteStart && b.leave.allowed.Load(), ActOnRelease: b.cfg.Hardware.button.NormallyClosed,
	}
}

// onStep shows what the machine has become, on the lamp first.
func (b *box) onStep(state session.State) {
	b.studio.keepAlive(time.Now())
	b.signal(state)
	b.state.Store(&state)
	b.reportConditions(state)
	snapshot := b.snapshot(state)
	if b.fleet != nil {
		b.fleet.told.step(b.fleet.spool, state, snapshot.Conditions, snapshot.At)
	}
	b.snapshots.store(snapshot)
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

// StartPublishing, StopPublishing and HaltMotion are the conductor's stage. The
// limits are set here because no rate loop runs now that could read them.
func (b *box) StartPublishing() {
	limits := *b.limits.Load()
	b.picture.cfg.Limits, b.picture.rate.limits = limits, limits
	b.picture.Start()
}

// StopPublishing ends the show.
func (b *box) StopPublishing() { b.picture.Stop() }

// HaltMotion stops the table.
func (b *box) HaltMotion() {
	b.studio.Stop()
}
