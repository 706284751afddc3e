package gauge

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/condition"
)

// everything is the scope of Prometheus: it belongs to central ops.
func everything() roster.Scope { return roster.Scope{All: true} }

// Describe implements [prometheus.Collector].
func (g *Gauge) Describe(out chan<- *prometheus.Desc) {
	g.lag.Describe(out)
	g.acks.Describe(out)
	for _, d := range []*prometheus.Desc{g.fleet, g.rows, g.muted, g.lost, g.dead, g.connected, g.received, g.dropped, g.refused, g.waiting,
		g.eventsLost, g.eventsDropped, g.unwritten, g.fail} {
		out <- d
	}
	for _, f := range g.box {
		out <- f.desc
	}
}

// Collect implements [prometheus.Collector].
func (g *Gauge) Collect(out chan<- prometheus.Metric) {
	g.lag.Collect(out)
	g.acks.Collect(out)
	g.collectWork(out)
	g.collectFleet(out)
	for _, ref := range g.boxes {
		if b, ok := g.picture.Box(everything(), ref.Tenant, ref.Box); ok {
			collectBox(out, g.box, b)
		}
	}
}

// versions bounds the versions that are told apart for a tenant and a status: a
// box says its version itself, and must not be able to make time series.
const versions = 20

// collectFleet shows the boxes by what they have in common, and what needs
// attention.
func (g *Gauge) collectFleet(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value int, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	type group struct {
		tenant string
		status roster.Status
	}
	seen, others := map[group]int{}, map[group]int{}
	for _, t := range g.picture.Tallies(everything()) {
		at := group{t.Tenant, t.Status}
		if seen[at]++; seen[at] > versions || len(t.Version) > 40 {
			others[at] += t.Boxes
			continue
		}
		gauge(g.fleet, t.Boxes, t.Tenant, string(t.Status), strings.ToValidUTF8(t.Version, "?"))
	}
	for at, n := range others {
		gauge(g.fleet, n, at.tenant, string(at.status), "others")
	}
	attention := g.picture.Attention(everything(), g.now())
	for _, severity := range []string{condition.Fault, condition.Warn, condition.Info} {
		gauge(g.rows, attention.Sums.Rows[severity], severity)
	}
	boxes := map[string]int{}
	for cause, n := range attention.Sums.Boxes {
		if _, known := condition.Of(cause); !known {
			cause = "other"
		}
		boxes[cause] += n
	}
	for cause, n := range boxes {
		gauge(g.lost, n, cause)
	}
	gauge(g.dead, attention.Sums.Dead)
	gauge(g.muted, attention.Muted)
}

// collectWork shows what this console does.
func (g *Gauge) collectWork(out chan<- prometheus.Metric) {
	w := g.work()
	for _, f := range []struct {
		desc  *prometheus.Desc
		kind  prometheus.ValueType
		value float64
	}{
		{g.connected, prometheus.GaugeValue, truth(w.Connected)},
		{g.received, prometheus.CounterValue, float64(w.Received)},
		{g.dropped, prometheus.CounterValue, float64(w.Dropped)},
		{g.refused, prometheus.CounterValue, float64(w.Refused)},
		{g.waiting, prometheus.GaugeValue, float64(w.Waiting)},
		{g.eventsLost, prometheus.GaugeValue, float64(w.EventsLost)},
		{g.eventsDropped, prometheus.CounterValue, float64(w.EventsDropped)},
		{g.unwritten, prometheus.GaugeValue, float64(w.Unwritten)},
		{g.fail, prometheus.GaugeValue, truth(w.WriteFailing)},
	} {
		out <- prometheus.MustNewConstMetric(f.desc, f.kind, f.value)
	}
}

// boxFigure is one figure of a single box; ok is false while it is not known.
type boxFigure struct {
	desc *prometheus.Desc
	of   func(roster.Box) (value float64, ok bool)
}

// boxFigures are the figures of a single box.
func boxFigures() []boxFigure {
	one := func(name, help string, of func(roster.Box) (float64, bool)) boxFigure {
		return boxFigure{prometheus.NewDesc("studiofleet_box_"+name, help, []string{"tenant", "box"}, nil), of}
	}
	health := func(of func(contract.Health) float64) func(roster.Box) (float64, bool) {
		return func(b roster.Box) (float64, bool) {
			value := of(b.Health)
			return value, b.On && !b.HealthAt.IsZero() && value != contract.Unknown
		}
	}
	return []boxFigure{
		one("connected", "1 while the box is there.", func(b roster.Box) (float64, bool) { return truth(b.On), true }),
		one("on_air", "1 during a show.", func(b roster.Box) (float64, bool) { return truth(b.OnAir), true }),
		one("acked_kbps", "Rate that the ingest acknowledged, kbit/s.", health(func(h contract.Health) float64 { return float64(h.Up.Kbps) })),
		one("rtt_ms", "Round trip to the ingest, ms.", health(func(h contract.Health) float64 { return float64(h.RTT) })),
		one("loss_percent", "Packets lost on the way to the ingest, percent.", health(func(h contract.Health) float64 { return float64(h.Up.LossPercent) })),
		one("temperature_celsius", "Temperature of the processor.", health(func(h contract.Health) float64 { return h.TC })),
		one("health_messages_lost", "Health messages of the box that never arrived, since this console began.",
			func(b roster.Box) (float64, bool) { return float64(b.Lost), true }),
	}
}

// collectBox shows the figures of one box that are known.
func collectBox(out chan<- prometheus.Metric, figures []boxFigure, b roster.Box) {
	for _, f := range figures {
		if value, ok := f.of(b); ok {
			out <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, value, b.Tenant, b.ID)
		}
	}
}

// truth is 1 for true.
func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
