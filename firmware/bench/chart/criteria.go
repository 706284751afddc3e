package chart

import (
	"fmt"
	"math"

	"studiobox/firmware/bench/score"
)

// criterion is one row of the list of what is to be shown.
type criterion struct {
	name, must, aim string
	// on judges one of our runs against the others of its line; false where
	// the criterion says nothing of such a line.
	on func(g group, ours *score.Result) (finding, bool)
}

// usableFreeze is the freeze@1s in s/min up to which a rival counts as one that
// can be watched.
const usableFreeze = 8

// criteria are those of the issue, in its order.
func criteria() []criterion {
	return []criterion{
		{"shown@1s against the best rival whose freeze@1s ≤ 8", "≥ 1.3 ×, or 80 % of capacity where 1.3 × exceeds it", "≥ 85 % of capacity", shownQuickly},
		{"freeze@1s", "≤ GCC's + 0.5 s/min", "≤ 1.0 s/min without outage", frozenQuickly},
		{"shown@3s against the BELABOX rule, freeze@3s", "≥ 1.3 ×, and not worse", "≥ 90 % of capacity, ≤ 0.5 s/min without outage", shownPatiently},
		{"frame delay p50 / p95 without outage", "150 / 500 ms", "90 / 250 ms", delayed},
		{"blackout of 5 s: freeze@1s", "≤ 5.0 s/min", "≤ 4.4 s/min", frozenByBlackout},
		{"blackout of T: first fresh frame at the ingest", "T + 1.2 s", "T + 0.5 s", freshAgain},
		{"0.6 → 6 Mbit/s, time to 90 %", "≤ 8 s", "≤ 4 s", climbed},
		{"4 × drop, peak frame delay", "≤ 700 ms", "≤ 400 ms", dropped},
		{"loss 2 %, utilisation", "≥ 75 %", "≥ 90 %", usedDespite(2, 75, 90)},
		{"loss 5 %, utilisation", "≥ 60 %", "≥ 85 %", usedDespite(5, 60, 85)},
		{"SSIM of displayed frames against the best rival", "+0.5 dB", "+1.5 dB", better},
		{"constant line, after 30 s", "no change over 20 %", "none over 10 %", steadyAfter},
	}
}

// atMost judges a value that should be small.
func atMost(v reading, format string, must, aim float64) (finding, bool) {
	text := fmt.Sprintf(format, v.value)
	if v.open {
		text = "> " + text
	}
	return finding{
		measured: text,
		must:     when(!v.open && v.value <= must), aim: when(!v.open && v.value <= aim), margin: 1 - v.value/must,
	}, v.ok
}

// shownQuickly: where no rival can be watched there is nothing to compare with.
func shownQuickly(g group, ours *score.Result) (finding, bool) {
	best, name := 0.0, ""
	for _, r := range g.rivals() {
		if r.At1s.FreezePerMin <= usableFreeze && r.At1s.Kbps > best {
			best, name = r.At1s.Kbps, r.label
		}
	}
	share := ours.At1s.Kbps / ours.CapacityKbps
	f := finding{aim: when(share >= 0.85), margin: math.Inf(1)}
	if name == "" {
		f.measured = fmt.Sprintf("%.0f kbit/s, %.0f %% of capacity; no rival freezes for ≤ %d s/min", ours.At1s.Kbps, 100*share, usableFreeze)
		return f, true
	}
	bar := min(1.3*best, 0.8*ours.CapacityKbps)
	f.must, f.margin = when(ours.At1s.Kbps >= bar), ours.At1s.Kbps/bar-1
	f.measured = fmt.Sprintf("%s %s, %.0f %% of capacity", ratio(ours.At1s.Kbps, best), name, 100*share)
	return f, true
}

func frozenQuickly(g group, ours *score.Result) (finding, bool) {
	f := finding{measured: fmt.Sprintf("%.1f s/min", ours.At1s.FreezePerMin), margin: math.Inf(1)}
	if gcc := g.rival("gcc", ours.Transport); gcc != nil {
		bar := gcc.At1s.FreezePerMin + 0.5
		f.must, f.margin = when(ours.At1s.FreezePerMin <= bar), 1-ours.At1s.FreezePerMin/bar
		f.measured += fmt.Sprintf(", GCC %.1f", gcc.At1s.FreezePerMin)
	}
	if !g.outage() {
		f.aim = when(ours.At1s.FreezePerMin <= 1)
	}
	return f, true
}

func shownPatiently(g group, ours *score.Result) (finding, bool) {
	share, frozen := ours.At3s.Kbps/ours.CapacityKbps, ours.At3s.FreezePerMin
	f := finding{aim: when(share >= 0.9 && (frozen <= 0.5 || g.outage())), margin: math.Inf(1)}
	f.measured = fmt.Sprintf("%.0f %% of capacity, %.1f s/min", 100*share, frozen)
	if belabox := g.rival("belabox", ours.Transport); belabox != nil {
		bar := 1.3 * belabox.At3s.Kbps
		f.must = when(ours.At3s.Kbps >= bar && frozen <= belabox.At3s.FreezePerMin)
		f.margin = min((ours.At3s.Kbps-bar)/max(bar, 1), belabox.At3s.FreezePerMin-frozen)
		f.measured = fmt.Sprintf("%s; %.1f s/min, BELABOX %.1f; %.0f %% of capacity",
			ratio(ours.At3s.Kbps, belabox.At3s.Kbps), frozen, belabox.At3s.FreezePerMin, 100*share)
	}
	return f, true
}

func delayed(g group, ours *score.Result) (finding, bool) {
	if g.outage() || ours.DelayP50Ms == nil || ours.DelayP95Ms == nil {
		return finding{}, false
	}
	p50, p95 := *ours.DelayP50Ms, *ours.DelayP95Ms
	return finding{
		measured: fmt.Sprintf("%.0f / %.0f ms", p50, p95),
		must:     when(p50 <= 150 && p95 <= 500), aim: when(p50 <= 90 && p95 <= 250),
		margin: min(1-p50/150, 1-p95/500),
	}, true
}

// ratio is how many times as much a is as b.
func ratio(a, b float64) string {
	if b == 0 {
		return "nothing to divide by,"
	}
	return fmt.Sprintf("%.2f ×", a/b)
}

// frozenByBlackout is on a line with one blackout of 5 s; the bars are those
// of a run of 75 s, in which the blackout itself is 4.0 s/min.
func frozenByBlackout(g group, ours *score.Result) (finding, bool) {
	if !g.constant() || len(ours.Blackouts) != 1 || math.Abs(ours.Blackouts[0].Seconds-5) > 0.15 || math.Abs(ours.To-75) > 2 {
		return finding{}, false
	}
	return atMost(known(ours.At1s.FreezePerMin), "%.1f s/min", 5.0, 4.4)
}

// freshAgain is on lines that are constant but for their blackouts: in a trace
// the capacity just after an outage is not known.
func freshAgain(g group, ours *score.Result) (finding, bool) {
	if !g.constant() {
		return finding{}, false
	}
	return atMost(slowestReturn(ours), "%.2f s after its end", 1.2, 0.5)
}

func climbed(_ group, ours *score.Result) (finding, bool) {
	return atMost(slowestRise(ours, func(from, to float64) bool { return from <= 700 && to >= 5500 }), "%.1f s", 8, 4)
}

func dropped(_ group, ours *score.Result) (finding, bool) {
	return atMost(worstFall(ours, func(from, to float64) bool { return from >= 3.5*to && from <= 4.5*to }), "%.0f ms", 700, 400)
}

func usedDespite(loss, must, aim float64) func(group, *score.Result) (finding, bool) {
	return func(_ group, ours *score.Result) (finding, bool) {
		used := 100 * ours.Utilisation
		return finding{
			measured: fmt.Sprintf("%.0f %%", used), must: when(used >= must), aim: when(used >= aim), margin: used/must - 1,
		}, math.Abs(ours.LossPercent-loss) < 0.01
	}
}

func better(g group, ours *score.Result) (finding, bool) {
	best, name := math.Inf(-1), ""
	for _, r := range g.rivals() {
		if r.SSIMdB != nil && *r.SSIMdB > best {
			best, name = *r.SSIMdB, r.label
		}
	}
	if ours.SSIMdB == nil || name == "" {
		return finding{}, false
	}
	gain := *ours.SSIMdB - best
	return finding{
		measured: fmt.Sprintf("%+.2f dB on %s (%.2f dB)", gain, name, best),
		must:     when(gain >= 0.5), aim: when(gain >= 1.5), margin: gain - 0.5,
	}, true
}

func steadyAfter(g group, ours *score.Result) (finding, bool) {
	plain := g.constant() && !g.outage() && !ours.Shared && !ours.SlowIngest && ours.LossPercent == 0
	if !plain || ours.LaterChanges20 == nil || ours.LaterChanges10 == nil {
		return finding{}, false
	}
	big, small := *ours.LaterChanges20, *ours.LaterChanges10
	return finding{
		measured: fmt.Sprintf("%.1f /min over 20 %%, %.1f /min over 10 %%", big, small),
		must:     when(big == 0), aim: when(small == 0), margin: -big,
	}, true
}
