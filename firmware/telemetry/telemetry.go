// Package telemetry reports the box to the fleet side over MQTT, for ever and
// without holding anybody up, and is the only importer of the MQTT client.
//
// Each connection is a client of its own, with its own will. The client library
// can reconnect by itself, but then it sleeps where nothing can wake it, knows
// no jitter, keeps the first will, and calls a message sent that it threw away.
// One client per connection leaves none of that to cure.
package telemetry

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"studiobox/firmware/health"
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
	TLS      *tls.Config // for ssl://; nil: the system's authorities
}

// Reporter is one box's voice.
type Reporter struct {
	cfg    Config
	broker endpoint
	source Source
	log    *slog.Logger
	pace   pace
	count  uint64 // health messages of this run; only the goroutine of Run has it

	mu    sync.Mutex
	stats Stats
}

// Stats is what the box shows of its reporting.
type Stats struct {
	Connected bool
	LastError string // why it is not connected; one line, empty while connected
	Refused   bool   // LastError is the broker's refusal of this box, not its absence
	Published uint64 // messages that the broker acknowledged (QoS 1) or the socket took (QoS 0)
	Failed    uint64 // messages that were not; state is repeated, health is not
	Connects  uint64 // sessions begun
	Boot      string // id of the present or last session
}

// New checks the configuration. Nothing is sent before Run.
func New(cfg Config, source Source, log *slog.Logger) (*Reporter, error) {
	broker, err := parseBroker(cfg.Broker)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	if err := errors.Join(contract.CheckTenant(cfg.Tenant), contract.CheckBox(cfg.Box)); err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	return &Reporter{cfg: cfg, broker: broker, source: source, log: log, pace: realPace()}, nil
}

// Stats tells how the reporting goes. Safe to call at any time.
func (r *Reporter) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

// note changes the figures.
func (r *Reporter) note(change func(*Stats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.stats)
}
