package chart

import (
	"slices"
	"strings"
	"testing"

	"studiobox/firmware/bench/score"
)

// run makes a judged run on a constant line of 4,000 kbit/s.
func run(rule string, change func(*score.Result)) score.Result {
	r := score.Result{
		Run: score.Run{Line: "line", Rule: rule, Transport: "tcp"}, To: 75, CapacityKbps: 4000,
		Series:     score.Series{CapacityKbps: slices.Repeat([]float64{4000}, 750)},
		DelayP50Ms: ptr(100), DelayP95Ms: ptr(300), SSIMdB: ptr(12),
		LaterChanges20: ptr(0), LaterChanges10: ptr(0),
	}
	if change != nil {
		change(&r)
	}
	return r
}

func shown1(kbps, freeze float64) func(*score.Result) {
	return func(r *score.Result) { r.At1s = score.Shown{Kbps: kbps, FreezePerMin: freeze} }
}

func shown3(kbps, freeze float64) func(*score.Result) {
	return func(r *score.Result) { r.At3s = score.Shown{Kbps: kbps, FreezePerMin: freeze} }
}

func dark(seconds, freeze, fresh float64, reached bool) func(*score.Result) {
	return func(r *score.Result) {
		r.At1s.FreezePerMin = freeze
		r.Blackouts = []score.Blackout{{At: 30, Seconds: seconds, FreshAfter: fresh, Reached: reached}}
	}
}

// Every criterion of the issue at both sides of both of its bars.
func TestEachCriterionPassesAndMissesAtItsBars(t *testing.T) {
	lossy := func(loss, used float64) func(*score.Result) {
		return func(r *score.Result) { r.LossPercent, r.Utilisation = loss, used }
	}
	rise := func(from, to, seconds float64, reached bool) func(*score.Result) {
		return func(r *score.Result) {
			r.Rises = []score.Rise{{FromKbps: from, ToKbps: to, Seconds: seconds, Reached: reached}}
		}
	}
	fall := func(from, to, peak float64) func(*score.Result) {
		return func(r *score.Result) { r.Falls = []score.Fall{{FromKbps: from, ToKbps: to, PeakDelayMs: peak}} }
	}
	delay := func(p50, p95 float64) func(*score.Result) {
		return func(r *score.Result) { r.DelayP50Ms, r.DelayP95Ms = &p50, &p95 }
	}
	ssim := func(db float64) func(*score.Result) { return func(r *score.Result) { r.SSIMdB = &db } }
	changes := func(big, small float64) func(*score.Result) {
		return func(r *score.Result) { r.LaterChanges20, r.LaterChanges10 = &big, &small }
	}
	slow := run("obs", shown1(1500, 8.1)) // shows much, but nobody can watch it
	for _, c := range []struct {
		criterion string
		ours      score.Result
		others    []score.Result
		must, aim verdict
	}{
		{"shown@1s", run(Ours, shown1(1300, 0)), []score.Result{run("gcc", shown1(1000, 8)), slow}, pass, miss},
		{"shown@1s", run(Ours, shown1(1299, 0)), []score.Result{run("gcc", shown1(1000, 8)), slow}, miss, miss},
		{"shown@1s", run(Ours, shown1(3200, 0)), []score.Result{run("gcc", shown1(3000, 0))}, pass, miss},
		{"shown@1s", run(Ours, shown1(3199, 0)), []score.Result{run("gcc", shown1(3000, 0))}, miss, miss},
		{"shown@1s", run(Ours, shown1(3400, 0)), []score.Result{slow}, unknown, pass},
		{"freeze@1s", run(Ours, shown1(0, 1.0)), []score.Result{run("gcc", shown1(0, 0.5))}, pass, pass},
		{"freeze@1s", run(Ours, shown1(0, 1.1)), []score.Result{run("gcc", shown1(0, 0.5))}, miss, miss},
		{"freeze@1s", run(Ours, shown1(0, 1.1)), []score.Result{slow}, unknown, miss},
		{"freeze@1s", run(Ours, dark(5, 9, 1, true)), []score.Result{run("gcc", shown1(0, 9))}, pass, unknown},
		{"shown@3s", run(Ours, shown3(3600, 0.5)), []score.Result{run("belabox", shown3(2769, 0.5))}, pass, pass},
		{"shown@3s", run(Ours, shown3(3600, 0.5)), []score.Result{run("belabox", shown3(2770, 0.5))}, miss, pass},
		{"shown@3s", run(Ours, shown3(3599, 0.5)), []score.Result{run("belabox", shown3(2000, 0.4))}, miss, miss},
		{"shown@3s", run(Ours, shown3(3600, 0.6)), nil, unknown, miss},
		{"frame delay p50", run(Ours, delay(90, 250)), nil, pass, pass},
		{"frame delay p50", run(Ours, delay(150, 500)), nil, pass, miss},
		{"frame delay p50", run(Ours, delay(151, 500)), nil, miss, miss},
		{"frame delay p50", run(Ours, delay(90, 501)), nil, miss, miss},
		{"blackout of 5 s", run(Ours, dark(4.9, 4.4, 1, true)), nil, pass, pass},
		{"blackout of 5 s", run(Ours, dark(5, 5.0, 1, true)), nil, pass, miss},
		{"blackout of 5 s", run(Ours, dark(5, 5.1, 1, true)), nil, miss, miss},
		{"blackout of T", run(Ours, dark(10, 9, 0.5, true)), nil, pass, pass},
		{"blackout of T", run(Ours, dark(10, 9, 1.2, true)), nil, pass, miss},
		{"blackout of T", run(Ours, dark(10, 9, 1.3, true)), nil, miss, miss},
		{"blackout of T", run(Ours, dark(10, 9, 0.1, false)), nil, miss, miss},
		{"0.6 → 6", run(Ours, rise(600, 6000, 4, true)), nil, pass, pass},
		{"0.6 → 6", run(Ours, rise(600, 6000, 8, true)), nil, pass, miss},
		{"0.6 → 6", run(Ours, rise(600, 6000, 8.1, true)), nil, miss, miss},
		{"0.6 → 6", run(Ours, rise(600, 6000, 3, false)), nil, miss, miss},
		{"4 × drop", run(Ours, fall(6000, 1500, 400)), nil, pass, pass},
		{"4 × drop", run(Ours, fall(2400, 600, 700)), nil, pass, miss},
		{"4 × drop", run(Ours, fall(2500, 600, 701)), nil, miss, miss},
		{"loss 2 %", run(Ours, lossy(2, 0.90)), nil, pass, pass},
		{"loss 2 %", run(Ours, lossy(2, 0.75)), nil, pass, miss},
		{"loss 2 %", run(Ours, lossy(2, 0.74)), nil, miss, miss},
		{"loss 5 %", run(Ours, lossy(5, 0.85)), nil, pass, pass},
		{"loss 5 %", run(Ours, lossy(5, 0.59)), nil, miss, miss},
		{"SSIM", run(Ours, ssim(13.5)), []score.Result{run("gcc", nil), run("obs", ssim(3))}, pass, pass},
		{"SSIM", run(Ours, ssim(12.5)), []score.Result{run("gcc", nil)}, pass, miss},
		{"SSIM", run(Ours, ssim(12.4)), []score.Result{run("gcc", nil)}, miss, miss},
		{"constant line", run(Ours, changes(0, 0)), nil, pass, pass},
		{"constant line", run(Ours, changes(0, 1)), nil, pass, miss},
		{"constant line", run(Ours, changes(1, 1)), nil, miss, miss},
	} {
		f, ok := on(t, c.criterion, append(c.others, c.ours)...)
		if !ok || f.must != c.must || f.aim != c.aim {
			t.Errorf("%s: %q: must %v, aim %v (%t); want %v, %v", c.criterion, f.measured, f.must, f.aim, ok, c.must, c.aim)
		}
	}
}

// on judges our run among others by the criterion whose name begins so.
func on(t *testing.T, name string, results ...score.Result) (finding, bool) {
	t.Helper()
	for _, j := range judge(groups(results)) {
		if strings.HasPrefix(j.name, name) {
			if len(j.findings) == 0 {
				return finding{}, false
			}
			return j.findings[0], true
		}
	}
	t.Fatalf("no criterion %q", name)
	return finding{}, false
}

func TestCriteriaSayNothingOfLinesThatTheyDoNotSpeakOf(t *testing.T) {
	stepped := func(r *score.Result) {
		dark(5, 4, 0.4, true)(r)
		r.Series.CapacityKbps[0] = 2000
	}
	for _, c := range []struct {
		criterion string
		ours      score.Result
	}{
		{"frame delay p50", run(Ours, dark(5, 4, 0.4, true))},
		{"blackout of 5 s", run(Ours, dark(3, 4, 0.4, true))},
		{"blackout of 5 s", run(Ours, stepped)},
		{"blackout of T", run(Ours, stepped)},
		{"blackout of T", run(Ours, nil)},
		{"0.6 → 6", run(Ours, func(r *score.Result) { r.Rises = []score.Rise{{FromKbps: 800, ToKbps: 5000}} })},
		{"0.6 → 6", run(Ours, func(r *score.Result) { r.Rises = []score.Rise{{FromKbps: 2000, ToKbps: 6000}} })},
		{"4 × drop", run(Ours, func(r *score.Result) { r.Falls = []score.Fall{{FromKbps: 4000, ToKbps: 800}} })},
		{"loss 2 %", run(Ours, nil)},
		{"SSIM", run(Ours, nil)}, // no rival
		{"constant line", run(Ours, dark(5, 4, 0.4, true))},
		{"constant line", run(Ours, func(r *score.Result) { r.Shared = true })},
		{"constant line", run(Ours, func(r *score.Result) { r.LossPercent = 2 })},
	} {
		if f, ok := on(t, c.criterion, c.ours); ok {
			t.Errorf("%s: %+v", c.criterion, f)
		}
	}
}

func TestOneMissOnAnyLineIsAMissAndStandsFirst(t *testing.T) {
	good, bad := run(Ours, nil), run(Ours, func(r *score.Result) { r.DelayP50Ms = ptr(400) })
	good.Line, bad.Line = "good", "bad"
	for _, j := range judge(groups([]score.Result{good, bad})) {
		if !strings.HasPrefix(j.name, "frame delay") {
			continue
		}
		total, note := j.sum(finding.mustVerdict)
		if total != miss || note != "MISS 1/2" || j.worst() != "400 / 300 ms (bad)" {
			t.Errorf("%v %q %q", total, note, j.worst())
		}
	}
}

func TestWithoutRunsNothingIsClaimed(t *testing.T) {
	failed := score.Result{Run: score.Run{Line: "line", Rule: Ours}}
	for _, results := range [][]score.Result{nil, {failed}, {run("gcc", nil)}} {
		for _, j := range judge(groups(results)) {
			if total, note := j.sum(finding.mustVerdict); total != unknown || note != "-" || j.worst() != "-" {
				t.Errorf("%s: %v %q %q", j.name, total, note, j.worst())
			}
		}
	}
}

func TestARivalIsComparedOverOurOwnTransportWhereItRan(t *testing.T) {
	over := func(transport string, freeze float64, rule string) score.Result {
		r := run(rule, shown1(1000, freeze))
		r.Transport = transport
		return r
	}
	f, _ := on(t, "freeze@1s", over("udp", 0, "gcc"), over("rtsps", 9, "gcc"), over("rtsps", 5, Ours))
	if f.must != pass {
		t.Errorf("%+v: was compared with the run over udp", f)
	}
}
