// Package gauge shows a console's figures to Prometheus: the fleet by tenant,
// status and version, the console's own work, and single boxes only where
// somebody asked for them.
package gauge

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// Work is what a console did since it began.
type Work struct {
	Connected bool   // to the broker
	Received  uint64 // messages
	Dropped   uint64 // messages that came faster than they could be taken
	Refused   uint64 // messages that could not be read
	Waiting   int    // messages that arrived and were not taken yet

	EventsLost    uint64 // boxes counted them, but no console received them; falls when a box was not heard for 90 days
	EventsDropped uint64 // could not be written
	Unwritten     int    // messages that wait for the database
	WriteFailing  bool
}

// Picture is where the figures of boxes come from.
type Picture interface {
	Tallies(roster.Scope) []roster.Tally
	Attention(roster.Scope, time.Time) roster.Attention
	Box(scope roster.Scope, tenant, id string) (roster.Box, bool)
}

// Ref names a box whose own figures are wanted.
type Ref struct{ Tenant, Box string }

// MostBoxes is of how many boxes the own figures are shown at most: each costs
// seven time series.
const MostBoxes = 500

// Gauge collects the figures when Prometheus asks.
type Gauge struct {
	picture Picture
	work    func() Work
	boxes   []Ref
	now     func() time.Time

	lag  *prometheus.HistogramVec
	acks *prometheus.CounterVec

	fleet, rows, muted, lost, dead *prometheus.Desc
	connected, received, dropped   *prometheus.Desc
	refused, waiting, eventsLost   *prometheus.Desc
	eventsDropped, unwritten, fail *prometheus.Desc
	box                            []boxFigure
}

// New makes a collector. work tells what the console did; of boxes beyond
// [MostBoxes] none are shown.
func New(picture Picture, work func() Work, boxes []Ref, now func() time.Time) *Gauge {
	one := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("studiofleet_"+name, help, labels, nil)
	}
	g := &Gauge{
		picture: picture, work: work, boxes: boxes[:min(len(boxes), MostBoxes)], now: now,
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "studiofleet_apply_lag_seconds", Help: "From a message's arrival at this console until it is in the picture.",
			Buckets: []float64{.0005, .001, .005, .01, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"kind"}),
		acks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "studiofleet_command_acks_total", Help: "Answers of boxes to commands, by outcome and reason.",
		}, []string{"outcome", "why"}),
		fleet:         one("boxes", "Boxes by tenant, status and version of the program.", "tenant", "status", "version"),
		rows:          one("attention_rows", "Rows of what needs attention, muted ones left out.", "severity"),
		muted:         one("attention_muted_rows", "Rows of what needs attention that somebody muted."),
		lost:          one("attention_boxes", "Boxes in the rows of what needs attention, muted ones left out.", "cause"),
		dead:          one("shows_dead", "Boxes with a show that nobody sees, whatever stopped it; those in muted rows left out."),
		connected:     one("broker_connected", "1 while this console is connected to the broker."),
		received:      one("messages_received_total", "Messages of boxes that arrived at this console."),
		dropped:       one("messages_dropped_total", "Messages that came faster than this console could take them."),
		refused:       one("messages_refused_total", "Messages that are not of the contract."),
		waiting:       one("messages_waiting", "Messages that arrived and are not in the picture yet."),
		eventsLost:    one("events_lost", "Events that boxes counted and nobody received."),
		eventsDropped: one("events_dropped_total", "Events that could not be written to the database."),
		unwritten:     one("database_unwritten", "Messages that wait for the database."),
		fail:          one("database_failing", "1 while the database cannot be written."),
		box:           boxFigures(),
	}
	// A series that is born with its first refusal has not risen: no alert would
	// see the first forged command.
	for _, why := range refusals() {
		g.acks.WithLabelValues(contract.AckRefused, string(why))
	}
	return g
}

// Registry is a registry of the collector and of the program itself.
func Registry(g *Gauge, more ...prometheus.Collector) (*prometheus.Registry, error) {
	r := prometheus.NewRegistry()
	for _, c := range append([]prometheus.Collector{g}, more...) {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Applied notes how long after its arrival a message was taken.
func (g *Gauge) Applied(kind contract.Kind, lag time.Duration) {
	g.lag.WithLabelValues(string(kind)).Observe(lag.Seconds())
}

// Acked notes a box's answer to a command. Words that the contract does not know
// are counted together: a box must not be able to make time series.
func (g *Gauge) Acked(a contract.Ack) {
	outcome := "other"
	switch a.St {
	case contract.AckAccepted, contract.AckDone, contract.AckRefused, contract.AckFailed:
		outcome = a.St
	}
	why := "other"
	if a.Why == "" || slices.Contains(refusals(), a.Why) {
		why = string(a.Why)
	}
	g.acks.WithLabelValues(outcome, why).Inc()
}

// refusals are the contract's reasons.
func refusals() []contract.Refusal {
	return []contract.Refusal{
		contract.RefusedRetained, contract.RefusedSize, contract.RefusedForm, contract.RefusedKey, contract.RefusedSignature,
		contract.RefusedBody, contract.RefusedField, contract.RefusedClass, contract.RefusedSecond, contract.RefusedBox,
		contract.RefusedExpired, contract.RefusedEarly, contract.RefusedValidity, contract.RefusedReplay, contract.RefusedOp,
		contract.RefusedArg, contract.RefusedForbidden, contract.RefusedOnAir, contract.RefusedState, contract.RefusedMissing,
		contract.RefusedRevision, contract.RefusedFlood, contract.RefusedNoKeys, contract.RefusedUnverified,
	}
}
