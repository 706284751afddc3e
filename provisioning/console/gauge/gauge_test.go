package gauge

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// moment is the present of the tests.
func moment() time.Time { return time.Unix(1_800_000_000, 0) }

// fleet is a roster with boxes of two banks.
func fleet() *roster.Roster {
	r := roster.New(roster.Rules{})
	r.Hear(moment(), moment())
	say := func(tenant, box string, u roster.Update) {
		u.Tenant, u.Box, u.At = tenant, box, moment()
		r.Apply(u)
	}
	for i, tenant := range []string{"bank-a", "bank-a", "bank-b"} {
		box := fmt.Sprintf("SB-%06d", i)
		say(tenant, box, roster.Update{State: &contract.State{V: 1, On: 1, St: "live", Boot: "b"}})
		say(tenant, box, roster.Update{Info: &contract.Info{V: 1, SW: "1.0"}})
		h := contract.Health{V: 1, N: 1, St: "live", RTT: contract.Unknown, TC: 61.5, Up: contract.Up{Kbps: 5000, LossPercent: 2}, Al: []string{"too_hot"}}
		say(tenant, box, roster.Update{Health: &h})
	}
	return r
}

func expect(t *testing.T, g *Gauge, metric, want string) {
	t.Helper()
	registry, err := Registry(g)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(want) {
		text.WriteString(strings.TrimSpace(line) + "\n")
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(text.String()), metric); err != nil {
		t.Error(err)
	}
}

func TestTheFleetIsCountedByTenantStatusAndVersion(t *testing.T) {
	g := New(fleet(), func() Work { return Work{} }, nil, moment)
	expect(t, g, "studiofleet_boxes", `# HELP studiofleet_boxes Boxes by tenant, status and version of the program.
		# TYPE studiofleet_boxes gauge
		studiofleet_boxes{status="live",tenant="bank-a",version="1.0"} 2
		studiofleet_boxes{status="live",tenant="bank-b",version="1.0"} 1
		`)
	expect(t, g, "studiofleet_attention_rows", `# HELP studiofleet_attention_rows Rows of what needs attention, muted ones left out.
		# TYPE studiofleet_attention_rows gauge
		studiofleet_attention_rows{severity="fault"} 0
		studiofleet_attention_rows{severity="info"} 0
		studiofleet_attention_rows{severity="warn"} 3
		`)
}

func TestASingleBoxIsShownOnlyWhereAskedFor(t *testing.T) {
	asked := []Ref{{"bank-a", "SB-000001"}, {"bank-b", "SB-000001"}} // the second does not exist
	g := New(fleet(), func() Work { return Work{} }, asked, moment)
	expect(t, g, "studiofleet_box_temperature_celsius", `# HELP studiofleet_box_temperature_celsius Temperature of the processor.
		# TYPE studiofleet_box_temperature_celsius gauge
		studiofleet_box_temperature_celsius{box="SB-000001",tenant="bank-a"} 61.5
		`)
	expect(t, g, "studiofleet_box_rtt_ms", "") // not known
	none := New(fleet(), func() Work { return Work{} }, nil, moment)
	if n, err := testutil.GatherAndCount(mustRegistry(t, none), "studiofleet_box_connected"); n != 0 || err != nil {
		t.Errorf("%d series nobody asked for, %v", n, err)
	}
	many := New(fleet(), func() Work { return Work{} }, make([]Ref, MostBoxes+1), moment)
	if len(many.boxes) != MostBoxes {
		t.Errorf("%d boxes are shown", len(many.boxes))
	}
}

func TestABoxCannotMakeTimeSeries(t *testing.T) {
	r := fleet()
	for i := range 500 {
		info := contract.Info{V: 1, SW: fmt.Sprintf("9.%d\xff", i)}
		r.Apply(roster.Update{Tenant: "bank-a", Box: fmt.Sprintf("SB-9%05d", i), At: moment(), Info: &info})
	}
	g := New(r, func() Work { return Work{} }, nil, moment)
	for i := range 500 {
		g.Acked(contract.Ack{St: fmt.Sprint(i), Why: contract.Refusal(fmt.Sprint(i))})
	}
	g.Acked(contract.Ack{St: contract.AckRefused, Why: contract.RefusedExpired})
	n, err := testutil.GatherAndCount(mustRegistry(t, g), "studiofleet_boxes", "studiofleet_command_acks_total")
	if err != nil || n != 2+versions+1+1+len(refusals()) {
		t.Errorf("%d series, %v", n, err)
	}
}

func TestEveryRefusalIsCountedFromTheBeginning(t *testing.T) {
	source, err := os.ReadFile("../../contract/command.go")
	if err != nil {
		t.Fatal(err)
	}
	known := regexp.MustCompile(`Refusal = "(\w+)"`).FindAllSubmatch(source, -1)
	if len(known) < 20 {
		t.Fatalf("%d refusals in the contract", len(known))
	}
	want := "# HELP studiofleet_command_acks_total Answers of boxes to commands, by outcome and reason.\n# TYPE studiofleet_command_acks_total counter\n"
	for _, why := range known {
		want += fmt.Sprintf("studiofleet_command_acks_total{outcome=\"refused\",why=\"%s\"} 0\n", why[1])
	}
	expect(t, New(fleet(), func() Work { return Work{} }, nil, moment), "studiofleet_command_acks_total", want)
}

func TestShowsThatNobodySeesAreCountedWhateverStoppedThemAndHoweverManyRowsThereAre(t *testing.T) {
	r := fleet()
	for i := range 400 {
		box := fmt.Sprintf("SB-8%05d", i)
		r.List(moment(), roster.Listed{Tenant: "bank-a", Box: box, Network: fmt.Sprintf("net-%d", i%100)})
		for _, u := range []roster.Update{
			{Info: &contract.Info{V: 1, SW: fmt.Sprintf("2.%d", i)}},
			{State: &contract.State{V: 1, On: 1, St: "live", Boot: "b"}},
			{Health: &contract.Health{V: 1, N: 1, St: "live", Al: []string{"uplink_dead", "ingest_refused"}}},
		} {
			u.Tenant, u.Box, u.At = "bank-a", box, moment()
			r.Apply(u)
		}
	}
	g := New(r, func() Work { return Work{} }, nil, moment)
	expect(t, g, "studiofleet_shows_dead", `# HELP studiofleet_shows_dead Boxes with a show that nobody sees, whatever stopped it; those in muted rows left out.
		# TYPE studiofleet_shows_dead gauge
		studiofleet_shows_dead 400
		`)
	expect(t, g, "studiofleet_attention_boxes", `# HELP studiofleet_attention_boxes Boxes in the rows of what needs attention, muted ones left out.
		# TYPE studiofleet_attention_boxes gauge
		studiofleet_attention_boxes{cause="ingest_refused"} 400
		studiofleet_attention_boxes{cause="too_hot"} 3
		`)
}

func TestTheConsolesOwnWorkIsShown(t *testing.T) {
	g := New(fleet(), func() Work { return Work{Received: 7, Dropped: 2, EventsLost: 3, Connected: true} }, nil, moment)
	g.Applied(contract.KindHealth, 3*time.Millisecond)
	families, err := mustRegistry(t, g).Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		got[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	for metric, want := range map[string]float64{"messages_received_total": 7, "messages_dropped_total": 2, "events_lost": 3, "broker_connected": 1} {
		if got["studiofleet_"+metric] != want {
			t.Errorf("%s is %v, want %v", metric, got["studiofleet_"+metric], want)
		}
	}
	if n := testutil.CollectAndCount(g, "studiofleet_apply_lag_seconds"); n != 1 {
		t.Errorf("%d histograms", n)
	}
	if problems, err := testutil.CollectAndLint(g); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func mustRegistry(t *testing.T, g *Gauge) prometheus.Gatherer {
	t.Helper()
	registry, err := Registry(g)
	if err != nil {
		t.Fatal(err)
	}
	return registry
}
