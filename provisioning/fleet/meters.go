package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"studiobox/provisioning/console/gauge"
	"studiobox/provisioning/contract"
)

// meters serves /metrics and /healthz on a listener of its own, which browsers
// of the console need not reach.
type meters struct {
	listener net.Listener // nil: nothing is served
	gauge    *gauge.Gauge
	metrics  http.Handler
	desk     *desk
	log      *slog.Logger
}

// newMeters makes the meters of a desk whose picture is there; boxes are those
// whose own figures are shown, as tenant/box.
func newMeters(address string, boxes []string, d *desk, log *slog.Logger) (*meters, error) {
	m := &meters{desk: d, log: log}
	refs, err := refsOf(boxes)
	if err != nil {
		return nil, err
	}
	m.gauge = gauge.New(d.picture.roster, m.work, refs, time.Now)
	registry, err := gauge.Registry(m.gauge, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	m.metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	if address == "" {
		return m, nil
	}
	if m.listener, err = net.Listen("tcp", address); err != nil {
		return nil, fmt.Errorf("console.metrics_listen: %w (--metrics chooses another address, or none with an empty one)", err)
	}
	return m, nil
}

func refsOf(boxes []string) ([]gauge.Ref, error) {
	if len(boxes) > gauge.MostBoxes {
		return nil, fmt.Errorf("console.metrics_boxes names %d boxes; at most %d can have figures of their own", len(boxes), gauge.MostBoxes)
	}
	var refs []gauge.Ref
	for _, name := range boxes {
		tenant, box, _ := strings.Cut(name, "/")
		if err := errors.Join(contract.CheckTenant(tenant), contract.CheckBox(box)); err != nil {
			return nil, fmt.Errorf("console.metrics_boxes: %q must be tenant/box: %w", name, err)
		}
		refs = append(refs, gauge.Ref{Tenant: tenant, Box: box})
	}
	return refs, nil
}

// work is what this console did, from those who did it.
func (m *meters) work() gauge.Work {
	in, book := m.desk.inbox.Stats(), m.desk.book.Stats()
	return gauge.Work{
		Connected: in.Connected, Received: in.Received, Dropped: in.Dropped, Refused: in.Refused, Waiting: in.Waiting,
		EventsLost: book.Lost, EventsDropped: book.Dropped, Unwritten: book.Pending, WriteFailing: book.LastError != "",
	}
}

// Run serves until ctx ends.
func (m *meters) Run(ctx context.Context) error {
	if m.listener == nil {
		<-ctx.Done()
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.metrics)
	mux.HandleFunc("GET /healthz", m.health)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(m.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// health answers 200 while messages arrive and can be written, else 503 with
// the reason.
func (m *meters) health(w http.ResponseWriter, _ *http.Request) {
	broker, book := m.desk.inbox.Stats(), m.desk.book.Stats()
	why := ""
	switch {
	case !broker.Connected:
		why = "not connected: " + broker.LastError
	case book.LastError != "":
		why = "the database cannot be written: " + book.LastError
	}
	if why != "" {
		http.Error(w, why, http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}
