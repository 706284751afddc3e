package chart

import (
	"slices"
	"testing"

	"studiobox/firmware/bench/score"
)

func metricOf(t *testing.T, key string) metric {
	t.Helper()
	at := slices.IndexFunc(metrics(), func(m metric) bool { return m.key == key })
	if at < 0 {
		t.Fatalf("no metric %q", key)
	}
	return metrics()[at]
}

func TestMissingValuesAreADashAndNeverANumber(t *testing.T) {
	failed := &score.Result{Run: score.Run{Line: "steps", Rule: "obs"}}
	for _, m := range metrics() {
		if got := m.text(m.read(failed)); got != "-" {
			t.Errorf("%s of a run that failed is %q", m.key, got)
		}
	}
	judged := &score.Result{To: 60}
	for _, key := range []string{"delay_p50_ms", "delay_p95_ms", "delay_p99_ms", "ssim_db", "rise_s", "fall_peak_ms", "fresh_after_blackout_s", "changes20_per_min"} {
		m := metricOf(t, key)
		if got := m.text(m.read(judged)); got != "-" {
			t.Errorf("%s of a run without it is %q", key, got)
		}
	}
}

func TestTheWorstOfSeveralStepsCountsAndOneNeverReachedIsWorst(t *testing.T) {
	r := &score.Result{
		To:        60,
		Rises:     []score.Rise{{Seconds: 3, Reached: true}, {Seconds: 9, Reached: true}},
		Falls:     []score.Fall{{PeakDelayMs: 300}, {PeakDelayMs: 200}},
		Blackouts: []score.Blackout{{FreshAfter: 40, Reached: true}, {FreshAfter: 7}},
	}
	for key, want := range map[string]string{"rise_s": "9.0", "fall_peak_ms": "300", "fresh_after_blackout_s": "> 7.00"} {
		m := metricOf(t, key)
		if got := m.text(m.read(r)); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
}

func TestTheBestOfAColumnIsToldAsItIsShown(t *testing.T) {
	open := reading{value: 1, ok: true, open: true}
	for _, c := range []struct {
		name string
		key  string
		all  []reading
		want []bool
	}{
		{"greater is better", "shown1_kbps", []reading{known(100), known(200), {}}, []bool{false, true, false}},
		{"smaller is better", "freeze1_s_per_min", []reading{known(0.5), known(2)}, []bool{true, false}},
		{"alike as shown", "freeze1_s_per_min", []reading{known(0.01), known(0.04), known(1)}, []bool{true, true, false}},
		{"all alike", "freeze1_s_per_min", []reading{known(0), known(0)}, []bool{false, false}},
		{"never reached is not best", "rise_s", []reading{open, known(8), known(9)}, []bool{false, true, false}},
		{"never reached at the same value", "rise_s", []reading{{value: 8, ok: true, open: true}, known(8), known(9)}, []bool{false, true, false}},
		{"alone", "shown1_kbps", []reading{known(100), {}}, []bool{false, false}},
	} {
		if got := metricOf(t, c.key).best(c.all); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRowsOfALineStandInTheOrderOfTheRulesOursFirst(t *testing.T) {
	results := []score.Result{
		{Run: score.Run{Line: "b", Rule: "fixed", Transport: "tcp"}},
		{Run: score.Run{Line: "a", Rule: "zebra", Transport: "tcp"}},
		{Run: score.Run{Line: "b", Rule: "gcc", Transport: "udp"}},
		{Run: score.Run{Line: "b", Rule: Ours, Transport: "tcp"}},
		{Run: score.Run{Line: "b", Rule: Ours, Transport: "rtsps"}},
	}
	all := groups(results)
	var got []string
	for _, g := range all {
		got = append(got, g.line+":")
		for _, r := range g.rows {
			got = append(got, r.label)
		}
	}
	want := []string{"b:", "studiobox tcp", "studiobox rtsps", "GCC udp", "fixed", "a:", "zebra"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestALineIsConstantWhereItsCapacityStandsStillApartFromTheDark(t *testing.T) {
	for _, c := range []struct {
		name     string
		capacity []float64
		want     bool
	}{
		{"constant", []float64{4000, 4001, 3999, 4000}, true},
		{"a blackout whose ends lie within ticks", []float64{4000, 4000, 1300, 0, 0, 2500, 4000}, true},
		{"a step", []float64{4000, 4000, 3000, 3000}, false},
		{"dark throughout", []float64{0, 0}, false},
	} {
		r := score.Result{To: 1, Series: score.Series{CapacityKbps: c.capacity}}
		if got := groups([]score.Result{r})[0].constant(); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
