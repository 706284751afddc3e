package fleet

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"studiobox/provisioning/console/gauge"
	"studiobox/provisioning/console/roster"
)

// promtool runs Debian's promtool in the folder of the rules.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		if testing.Short() {
			t.Skip("needs promtool")
		}
		t.Fatal("needs promtool: apt install prometheus")
	}
	run := exec.Command(program, args...)
	run.Dir = "watch"
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestTheAlertRulesAreLawful(t *testing.T) { promtool(t, "check", "rules", "studiofleet.rules.yml") }

func TestEachAlertFiresWhereItMustAndNowhereElse(t *testing.T) {
	promtool(t, "test", "rules", "studiofleet.rules.test.yml")
}

func TestEveryAlertIsTestedBothWaysAndSaysHowToMend(t *testing.T) {
	rules, tests := read(t, "watch/studiofleet.rules.yml"), read(t, "watch/studiofleet.rules.test.yml")
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(rules, -1)
	if len(alerts) == 0 || strings.Count(rules, "mend: ") != len(alerts) || strings.Count(rules, "summary: ") != len(alerts) {
		t.Errorf("%d alerts, %d summaries, %d mends", len(alerts), strings.Count(rules, "summary: "), strings.Count(rules, "mend: "))
	}
	for _, alert := range alerts {
		quiet := regexp.MustCompile(alert[1] + `, exp_alerts: \[\]`).MatchString(tests)
		fires := regexp.MustCompile(alert[1] + `, exp_alerts: \[\{`).MatchString(tests)
		if !quiet || !fires {
			t.Errorf("%s: tested to fire %t, tested to keep quiet %t", alert[1], fires, quiet)
		}
	}
}

// metrics are the names of everything that a console tells Prometheus.
func metrics(t *testing.T) []string {
	t.Helper()
	g := gauge.New(roster.New(roster.Rules{}), func() gauge.Work { return gauge.Work{} }, nil, time.Now)
	names := map[string]bool{}
	for _, c := range []prometheus.Collector{g, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		descs := make(chan *prometheus.Desc, 200)
		c.Describe(descs)
		close(descs)
		for d := range descs {
			name := regexp.MustCompile(`fqName: "(\w+)"`).FindStringSubmatch(d.String())[1]
			names[name] = true
			if strings.HasSuffix(name, "_seconds") && strings.HasPrefix(name, "studiofleet") {
				names[name+"_bucket"], names[name+"_sum"], names[name+"_count"] = true, true, true
			}
		}
	}
	return slices.Collect(maps.Keys(names))
}

func TestRulesAndDashboardNameOnlyMetricsThatThereAre(t *testing.T) {
	known := metrics(t)
	for _, file := range []string{"watch/studiofleet.rules.yml", "watch/studiofleet.rules.test.yml", "watch/studiofleet.dashboard.json"} {
		named := regexp.MustCompile(`\b(?:studiofleet|process)_[a-z_]+`).FindAllString(read(t, file), -1)
		if len(named) == 0 {
			t.Errorf("%s names no metric", file)
		}
		for _, name := range named {
			if !slices.Contains(known, name) {
				t.Errorf("%s names %s, which no console has", file, name)
			}
		}
	}
}

func TestTheDashboardShowsEveryMetricOfTheFleet(t *testing.T) {
	text := read(t, "watch/studiofleet.dashboard.json")
	for _, name := range metrics(t) {
		if strings.HasPrefix(name, "studiofleet_") && !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count") && !strings.Contains(text, name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// dashboard is what the tests need of Grafana's format.
type dashboard struct {
	Panels []struct {
		ID      int
		Title   string
		Type    string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }
	}
}

func TestTheDashboardIsLaidOutAndItsQueriesAreLawful(t *testing.T) {
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "watch/studiofleet.dashboard.json")), &d); err != nil {
		t.Fatal(err)
	}
	taken, ids := map[[2]int]string{}, map[int]bool{}
	var rules strings.Builder
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	for _, p := range d.Panels {
		if p.Title == "" || ids[p.ID] {
			t.Errorf("panel %d %q has no title, or its number is taken", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x > 23 {
					t.Fatalf("panel %q lies on %q or outside", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q asks for nothing", p.Title)
		}
		for i, target := range p.Targets {
			expr := strings.NewReplacer("$__rate_interval", "5m", "$tenant", ".*", "$box", ".*").Replace(target.Expr)
			fmt.Fprintf(&rules, "  - {record: 'panel:%d:%d', expr: '%s'}\n", p.ID, i, strings.ReplaceAll(expr, "'", "''"))
		}
	}
	path := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(path, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", path)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
