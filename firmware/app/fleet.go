package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"studiobox/firmware/command"
	"studiobox/firmware/health"
	"studiobox/firmware/run"
	"studiobox/firmware/telemetry"
	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

// The files of the fleet side in the data directory. They outlive a wipe.
const (
	ledgerFile = "commands.db"
	spoolFile  = "events.db"
)

// inboxRoom is how many messages wait for the desk: a tenth of a second of the
// worst flood, in 4 MB.
const inboxRoom = 1024

// spoolWithin is how long the last events have to reach the disk at the end.
const spoolWithin = time.Second

// fleet is the box's voice and ear towards the fleet side.
type fleet struct {
	log      *slog.Logger
	reporter *telemetry.Reporter
	spool    *spool.Spool
	ledger   *command.Ledger
	desk     *command.Desk
	inbox    chan command.Message

	denied atomic.Bool // some wished settings are not in force
	clock  trust       // of the desk
	idle   atomic.Int64
	burst  atomic.Int64 // Unix seconds until which health is denser

	told told // of the conductor
}

// makeFleet leaves b.fleet nil for a box without a broker, and for one whose way to
// the fleet side cannot be made: a show needs none, so that is a condition and keeps
// no studio from starting.
func (b *box) makeFleet() error {
	settings := b.cfg.Settings
	if settings.MQTT.Broker == "" {
		return nil
	}
	f, err := b.newFleet()
	if err != nil {
		b.log.Warn("the box runs without the fleet side", "error", err)
		b.tracker.Report(health.MQTTDown, true, err.Error(), time.Now())
		return nil
	}
	f.spool.Add(contract.EventStarted, contract.SeverityInfo, Version, "", false)
	b.fleet = f
	b.conductor.onAudit = f.told.audit(f.spool)
	return nil
}

func (b *box) newFleet() (*fleet, error) {
	settings, log := b.cfg.Settings, b.log.With("part", "mqtt")
	f := &fleet{log: log, inbox: make(chan command.Message, inboxRoom)}
	var err error
	if f.spool, err = spool.Open(filepath.Join(settings.Box.DataDir, spoolFile), spool.Limits{}, log); err != nil {
		return nil, err
	}
	f.reporter, err = telemetry.New(telemetry.Config{
		Broker: settings.MQTT.Broker, Tenant: settings.Box.Tenant, Box: settings.Box.ID,
		User: settings.MQTT.User, Password: settings.MQTT.Password, TLS: settings.MQTT.Client(),
		// A box without keys listens too: it says "no_keys", where silence
		// would make ops look for the fault in the line.
		Spool: f.spool, Listen: true,
	}, b.snapshots, log)
	if err != nil {
		return nil, err
	}
	f.ledger = openLedger(filepath.Join(settings.Box.DataDir, ledgerFile), log)
	f.desk = command.New(command.Config{
		Box:   contract.Addressee(settings.Box.Tenant, settings.Box.ID),
		Keys:  settings.MQTT.Keyring(),
		Rates: command.Rates{Floor: int(settings.Uplink.Floor), Ceiling: int(settings.Uplink.Ceiling)},
	}, f.inbox, f.ledger, b, f, log)
	return f, nil
}

// openLedger falls back to a ledger that a restart forgets: a full or broken disk
// must not keep a box from being stopped from afar. What was signed before is
// refused then, so that nothing can be played again.
func openLedger(path string, log *slog.Logger) *command.Ledger {
	ledger, err := command.OpenLedger(path, log)
	if err == nil {
		return ledger
	}
	log.Warn("commands are remembered until the next restart only", "error", err)
	return command.NewLedger()
}

// parts are what runs beside the other parts of the box.
func (f *fleet) parts() []run.Part {
	return []run.Part{
		{Name: "mqtt", Run: f.reporter.Run},
		{Name: "inbox", Run: f.pump},
		{Name: "commands", Run: f.desk.Run},
	}
}

// pump hands the desk what comes in: it knows nothing of MQTT. It does nothing
// else, so that it keeps up; of what is too large only so much is kept as shows it.
func (f *fleet) pump(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-f.reporter.Inbox():
			if len(m.Payload) > contract.MaxCommand {
				m.Payload = make([]byte, contract.MaxCommand+1)
			}
			select {
			case f.inbox <- command.Message(m):
			case <-ctx.Done():
			}
		}
	}
}

// keep keeps events until the function that it returns is called: after all other
// parts have said their last words. A disk that hangs is not waited for.
func (f *fleet) keep() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = f.spool.Run(ctx) // it never fails: a disk that refuses is in its stats
	}()
	return func() {
		cancel()
		timer := time.NewTimer(spoolWithin)
		defer timer.Stop()
		select {
		case <-done:
			_ = f.ledger.Close() // nothing is lost: each note was synced when it was made
		case <-timer.C:
		}
	}
}

// Answer implements command.Voice.
func (f *fleet) Answer(a contract.Ack) { f.reporter.Answer(a) }

// Settle implements command.Voice.
func (f *fleet) Settle(g contract.Got) {
	f.denied.Store(len(g.No) > 0)
	f.reporter.Settle(contract.KindGot, g.Encode())
}

// Audit implements command.Voice.
func (f *fleet) Audit(code, severity, detail, by string) {
	f.log.Info("audit", "code", code, "detail", detail, "by", by)
	f.spool.Add(code, severity, detail, by, false)
}

// pace sets how often health is told.
func (f *fleet) pace() {
	f.reporter.SetPace(time.Duration(f.idle.Load())*time.Second, time.Unix(f.burst.Load(), 0))
}

// conditions tells what is wrong on the way to the fleet side.
func (f *fleet) conditions(report func(code string, bad bool, detail string)) {
	f.told.way(f.reporter.Stats(), f.spool.Stats(), time.Now(), report)
	report(health.SettingsRefused, f.denied.Load(), "")
}

// part is the way to the fleet side as the page and `status` show it.
func (f *fleet) part() health.MQTTPart {
	if f == nil {
		return health.MQTTPart{}
	}
	stats, kept := f.reporter.Stats(), f.spool.Stats()
	part := health.MQTTPart{
		Enabled: true, Connected: stats.Connected, Listening: stats.Subscribed,
		EventsWaiting: kept.Kept + kept.Waiting, BytesToday: stats.BytesToday, Dropped: stats.InboxDropped,
	}
	if !stats.Connected || !stats.Subscribed {
		part.Error = stats.LastError
	}
	return part
}
