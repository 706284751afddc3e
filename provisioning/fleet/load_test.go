package fleet

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/fleet/swarm"
)

const benchPassword = "secret"

// load is a fleet side under load: broker and console as programs of their own,
// the boxes in this one.
type load struct {
	dir      string
	boxes    []swarm.Box
	broker   *child
	url      string // for boxes
	accounts string // for the console
	serve    *child
	metrics  string
	page     *browser
	trust    swarm.Config // TLS and Paper, for a broker that wants them
	again    func(t *testing.T) *child
}

// newLoad writes the list of the boxes.
func newLoad(t *testing.T, boxes int) *load {
	t.Helper()
	l := &load{dir: t.TempDir(), boxes: swarm.Roll(boxes, []string{"b-0001", "b-0002", "b-0003"})}
	err := writeFile(l.path("boxes.csv"), 0o600, func(w io.Writer) error { return swarm.WriteList(w, l.boxes) })
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path("password"), []byte(benchPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *load) path(name string) string { return filepath.Join(l.dir, name) }

// embedded starts our own broker.
func (l *load) embedded(t *testing.T) {
	t.Helper()
	address := freeAddress(t)
	l.url = "tcp://" + address
	l.accounts = l.url
	l.again = func(t *testing.T) *child {
		c := studiofleet(t, "--log", "error", "broker", "--listen", address, "--boxes", l.path("boxes.csv"))
		c.said(t, `broker: (\S+)`)
		return c
	}
	l.broker = l.again(t)
}

// console starts serve and signs in.
func (l *load) console(t *testing.T, more ...string) {
	t.Helper()
	l.metrics = "http://" + freeAddress(t)
	l.serve = studiofleet(t, append([]string{"--log", "warn", "serve", "--listen", freeAddress(t), "--metrics", strings.TrimPrefix(l.metrics, "http://"),
		"--broker", l.accounts, "--password-file", l.path("password"), "--database", l.path("fleet.db"), "--boxes", l.path("boxes.csv")}, more...)...)
	l.page = signIn(t, l.serve.said(t, `(http://\S+token=\S+)`))
	eventually(t, "the console hears the broker", l.healthy)
}

func (l *load) healthy() bool {
	answer, err := http.Get(l.metrics + "/healthz")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// live starts the boxes; stop ends them.
func (l *load) live(t *testing.T, plan swarm.Plan, pace swarm.Pace, ramp int) (m *swarm.Meter, stop func()) {
	t.Helper()
	cfg := l.trust
	cfg.Boxes, cfg.Plan, cfg.Pace, cfg.Broker, cfg.Ramp, cfg.Seed = l.boxes, plan, pace, l.url, ramp, 1
	s, err := swarm.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = func() {
		cancel()
		if err, first := <-done; first && err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(cancel)
	return s.Meter(), stop
}

// figures are what a console tells Prometheus.
type figures map[string]float64

var sample = regexp.MustCompile(`(?m)^(\w+(?:\{[^}]*\})?) (\S+)$`)

func (l *load) figures(t *testing.T) figures {
	t.Helper()
	f := figures{}
	for _, found := range sample.FindAllStringSubmatch(l.page.get(t, l.metrics+"/metrics"), -1) {
		value, err := strconv.ParseFloat(found[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		f[found[1]] = value
	}
	return f
}

// boxes is how many have one of the statuses.
func (f figures) boxes(statuses ...string) int {
	sum := 0.
	for name, value := range f {
		for _, status := range statuses {
			if strings.HasPrefix(name, "studiofleet_boxes{") && strings.Contains(name, `status="`+status+`"`) {
				sum += value
			}
		}
	}
	return int(sum)
}

// lag is the bucket below which that share of the messages was applied since an
// earlier reading.
func (f figures) lag(before figures, share float64) time.Duration {
	sums := map[float64]float64{}
	edge := regexp.MustCompile(`le="([^"]+)"`)
	for name, value := range f {
		if !strings.HasPrefix(name, "studiofleet_apply_lag_seconds_bucket") {
			continue
		}
		le := math.Inf(1)
		if text := edge.FindStringSubmatch(name)[1]; text != "+Inf" {
			le, _ = strconv.ParseFloat(text, 64)
		}
		sums[le] += value - before[name]
	}
	for _, le := range sorted(sums) {
		if sums[le] >= share*sums[math.Inf(1)] {
			return time.Duration(min(le, 3600) * float64(time.Second))
		}
	}
	return 0
}

func sorted(m map[float64]float64) []float64 {
	var keys []float64
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func TestARestartedConsoleKnowsItsBoxesAndItsPeople(t *testing.T) {
	l := newLoad(t, 20)
	l.embedded(t)
	l.console(t)
	m, _ := l.live(t, swarm.Peaceful(), swarm.RealPace(), 300)
	eventually(t, "every box is there", func() bool { return m.Figures().Connected == 20 })
	eventually(t, "the console shows every box", func() bool { return l.figures(t).boxes("live", "ready") == 20 })
	eventually(t, "all of it is written", func() bool { return l.figures(t)["studiofleet_database_unwritten"] == 0 })
	address, metrics := strings.TrimPrefix(l.page.base, "http://"), strings.TrimPrefix(l.metrics, "http://")
	l.serve.kill()
	l.broker.kill() // nobody tells the new console anything
	l.serve = studiofleet(t, "--log", "error", "serve", "--listen", address, "--metrics", metrics,
		"--broker", l.accounts, "--password-file", l.path("password"), "--database", l.path("fleet.db"))
	l.serve.said(t, `console: (\S+)`)
	eventually(t, "its page is there", func() bool {
		answer, err := l.page.Get(l.page.base + "/boxes")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return err == nil && strings.Contains(string(text), "Shop 7 (demo)")
	})
	if f := l.figures(t); f.boxes("live", "ready") != 20 || f.boxes("offline") > 0 {
		t.Errorf("after the restart %d boxes are there and %d offline, though none was heard to leave", f.boxes("live", "ready"), f.boxes("offline"))
	}
}

// A small fleet in every run; the large one is in bench_test.go.
func TestAConsoleKeepsUpWithAFleetAndForgetsNobodyWhenTheBrokerRestarts(t *testing.T) {
	const boxes = 300
	l := newLoad(t, boxes)
	l.embedded(t)
	l.console(t)
	pace := swarm.RealPace()
	pace.Retry, pace.RetryMax, pace.Idle = time.Second, 2*time.Second, 3*time.Second
	m, stop := l.live(t, swarm.Peaceful(), pace, 300)
	here := func() bool { return l.figures(t).boxes("live", "ready") == boxes }
	eventually(t, "the console shows every box", here)
	if page := l.page.get(t, l.page.base+"/boxes"); !strings.Contains(page, ">300 boxes<") || strings.Contains(page, "Shop 217 (demo)") {
		t.Error("the first page of boxes is all of them, or does not say how many there are")
	}
	if page := l.page.get(t, l.page.base+"/boxes?q=Shop+217"); !strings.Contains(page, "Shop 217 (demo)") || !strings.Contains(page, ">1 boxes<") {
		t.Error("the page of boxes does not find the one that a business has")
	}
	l.broker.kill()
	eventually(t, "the console misses the broker", func() bool { return !l.healthy() })
	if gone := l.figures(t).boxes("offline"); gone > 0 {
		t.Errorf("%d boxes are called offline while nobody can be heard", gone)
	}
	l.broker = l.again(t)
	eventually(t, "every box is back", func() bool { return m.Figures().Connected == boxes })
	eventually(t, "the console shows every box again", here)
	if f := l.figures(t); f["studiofleet_messages_dropped_total"] > 0 || f["studiofleet_messages_refused_total"] > 0 {
		t.Errorf("dropped %v, refused %v messages", f["studiofleet_messages_dropped_total"], f["studiofleet_messages_refused_total"])
	}
	stop()
	eventually(t, "every box has said goodbye", func() bool { return l.figures(t).boxes("offline") == boxes })
}
