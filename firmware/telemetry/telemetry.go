// Package telemetry reports the box to the fleet side over MQTT and takes its
// orders, for ever and without holding anybody up. It is the only importer of
// the MQTT client on the box.
//
// Each connection is a client of its own, with its own will. The client library
// can reconnect by itself, but then it sleeps where nothing can wake it, knows
// no jitter, keeps the first will, and calls a message sent that it threw away.
// One client per connection leaves none of that to cure.
package telemetry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/telemetry/spool"
	"studiobox/provisioning/contract"
)

// Source hands out the present picture of the box. It may be nil until there
// is one.
type Source interface {
	Snapshot() *health.Snapshot
}

// Config says where to report and as whom.
type Config struct {
	Broker   string // tcp://host:port or ssl://host:port; the port defaults to 1883 or 8883
	Tenant   string // see contract.CheckTenant
	Box      string // see contract.CheckBox; also the MQTT client id
	User     string // empty: no login
	Password string
	// TLS is for ssl://; nil: the system's authorities. A certificate in it
	// must be this box's: its common name is Box. GetClientCertificate, if it is
	// set, is asked at each connection and once an hour: so one can be renewed.
	TLS *tls.Config
	// Spool holds the events to tell; nil: none are told, and health is counted
	// from 1 in each run.
	Spool *spool.Spool
	// Listen subscribes to commands and wished settings; see Inbox.
	Listen bool
	// OnClash, if not nil, is told when another box begins to use this box's
	// identity (true) and when that is over. It must not block.
	OnClash func(bool)
}

// Reporter is one box's voice.
type Reporter struct {
	cfg    Config
	broker endpoint
	source Source
	log    *slog.Logger
	pace   pace
	dialer dialer
	count  uint64 // health messages of this run; only the goroutine of Run has it, and the three below
	clash  clash
	denied denied
	// certified is when it was last looked at the box's certificate.
	certified time.Time
	inbox     chan Message
	answers   *answers
	settled   settled
	rate      atomic.Pointer[rate]
	traffic   traffic

	mu    sync.Mutex
	stats Stats
}

// Stats is what the box shows of its reporting.
type Stats struct {
	Connected  bool
	Subscribed bool   // commands and wished settings arrive
	LastError  string // why it is not connected, or connected but not subscribed; one line, else empty
	Refused    bool   // LastError is the broker's refusal of this box, not its absence
	Published  uint64 // messages that the broker acknowledged (QoS 1) or the socket took (QoS 0)
	Failed     uint64 // messages that were not; state is repeated, health is not
	Connects   uint64 // sessions begun
	Boot       string // id of the present or last session

	EventsDenied bool   // the broker ends the connection whenever an event is told; tried again in a while
	Clashing     bool   // another box uses this one's identity
	Clashes      uint64 // sessions that it ended, since start
	InboxDropped uint64 // messages that came faster than they were taken, or were none
	AnswersLost  uint64 // acks that could not be sent in time

	CertificateEnds time.Time // of this box's own; zero = it shows none

	BytesUp    uint64 // on the wire since start, TLS included, TCP and IP not
	BytesDown  uint64 // the same
	BytesToday uint64 // both ways, of this day (UTC), earlier runs included
}

// New checks the configuration. Nothing is sent before Run.
func New(cfg Config, source Source, log *slog.Logger) (*Reporter, error) {
	broker, err := parseBroker(cfg.Broker)
	if err == nil {
		err = errors.Join(contract.CheckTenant(cfg.Tenant), contract.CheckBox(cfg.Box))
	}
	if err == nil {
		err = broker.checkCertificate(cfg.TLS, cfg.Box)
	}
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	r := &Reporter{
		cfg: cfg, broker: broker, source: source, log: log, pace: realPace(),
		inbox: make(chan Message, inboxSize), answers: newAnswers(), settled: newSettled(),
	}
	r.dialer = r.dial
	r.meter()
	return r, nil
}

// Stats tells how the reporting goes. Safe to call at any time.
func (r *Reporter) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats := r.stats
	r.traffic.show(r.traffic.now(), &stats)
	return stats
}

// note changes the figures.
func (r *Reporter) note(change func(*Stats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.stats)
}

// dialer connects once; see Reporter.dial.
type dialer func(ctx context.Context, will contract.State, promise func() time.Duration) (wire, error)
