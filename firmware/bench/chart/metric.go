package chart

import (
	"math"
	"strconv"

	"studiobox/firmware/bench/score"
)

// reading is one value of a table. The zero reading is a missing one.
type reading struct {
	value float64
	ok    bool
	open  bool // the true value is greater: the run ended before it was reached
}

func known(value float64) reading { return reading{value: value, ok: true} }

// measured is unknown where the scorer found nothing to measure.
func measured(value *float64) reading {
	if value == nil {
		return reading{}
	}
	return known(*value)
}

// metric is one column of the tables.
type metric struct {
	key, title, unit string
	better           int // 1: greater is better, -1: smaller is
	digits           int
	of               func(*score.Result) reading
}

// metrics are the columns in their order.
func metrics() []metric {
	return []metric{
		{"shown1_kbps", "shown@1s", "kbit/s", 1, 0, func(r *score.Result) reading { return known(r.At1s.Kbps) }},
		{"freeze1_s_per_min", "freeze@1s", "s/min", -1, 1, func(r *score.Result) reading { return known(r.At1s.FreezePerMin) }},
		{"shown3_kbps", "shown@3s", "kbit/s", 1, 0, func(r *score.Result) reading { return known(r.At3s.Kbps) }},
		{"freeze3_s_per_min", "freeze@3s", "s/min", -1, 1, func(r *score.Result) reading { return known(r.At3s.FreezePerMin) }},
		{"delay_p50_ms", "delay p50", "ms", -1, 0, func(r *score.Result) reading { return measured(r.DelayP50Ms) }},
		{"delay_p95_ms", "p95", "ms", -1, 0, func(r *score.Result) reading { return measured(r.DelayP95Ms) }},
		{"delay_p99_ms", "p99", "ms", -1, 0, func(r *score.Result) reading { return measured(r.DelayP99Ms) }},
		{"utilisation_percent", "utilisation", "%", 1, 0, utilisation},
		{"lost_percent", "frames lost", "%", -1, 1, func(r *score.Result) reading { return known(100 * r.LostShare) }},
		{"ssim_db", "SSIM", "dB", 1, 2, func(r *score.Result) reading { return measured(r.SSIMdB) }},
		{"rise_s", "time to 90 %", "s", -1, 1, func(r *score.Result) reading { return slowestRise(r, every) }},
		{"fall_peak_ms", "drop peak", "ms", -1, 0, func(r *score.Result) reading { return worstFall(r, every) }},
		{"fresh_after_blackout_s", "fresh after dark", "s", -1, 2, slowestReturn},
		{"changes20_per_min", "changes > 20 %", "/min", -1, 1, func(r *score.Result) reading { return measured(r.Changes20) }},
		{"cpu_s_per_s", "CPU", "s/s", -1, 2, func(r *score.Result) reading { return known(r.CPU) }},
	}
}

// read is a metric of a run; a run that failed has none.
func (m metric) read(r *score.Result) reading {
	if !judged(r) {
		return reading{}
	}
	return m.of(r)
}

// judged tells whether the run left anything to judge.
func judged(r *score.Result) bool { return r.To > r.From }

func utilisation(r *score.Result) reading { return known(100 * r.Utilisation) }

// every takes steps of any size.
func every(_, _ float64) bool { return true }

// slowestRise is the longest of the steps up that are wanted.
func slowestRise(r *score.Result, want func(from, to float64) bool) reading {
	var worst reading
	for _, rise := range r.Rises {
		if want(rise.FromKbps, rise.ToKbps) {
			worst = worst.or(reading{rise.Seconds, true, !rise.Reached})
		}
	}
	return worst
}

// worstFall is the greatest delay after the steps down that are wanted.
func worstFall(r *score.Result, want func(from, to float64) bool) reading {
	var worst reading
	for _, fall := range r.Falls {
		if want(fall.FromKbps, fall.ToKbps) {
			worst = worst.or(known(fall.PeakDelayMs))
		}
	}
	return worst
}

func slowestReturn(r *score.Result) reading {
	var worst reading
	for _, b := range r.Blackouts {
		worst = worst.or(reading{b.FreshAfter, true, !b.Reached})
	}
	return worst
}

// or is the greater of two readings; one that was never reached is the greatest.
func (a reading) or(b reading) reading {
	switch {
	case !a.ok:
		return b
	case a.open != b.open:
		if a.open {
			return a
		}
		return b
	case b.value > a.value:
		return b
	}
	return a
}

// text is the reading as tables show it; "-" when it is missing.
func (m metric) text(v reading) string {
	if !v.ok {
		return "-"
	}
	text := strconv.FormatFloat(v.value, 'f', m.digits, 64)
	if v.open {
		return "> " + text
	}
	return text
}

// best tells which of the readings are the best as shown, none where all are
// alike or only one is there.
func (m metric) best(all []reading) []bool {
	rounded := func(v reading) float64 {
		scale := math.Pow(10, float64(m.digits))
		return math.Round(v.value*scale) / scale
	}
	first, last := math.Inf(1), math.Inf(-1)
	for _, v := range all {
		if v.ok && !v.open {
			first = min(first, -float64(m.better)*rounded(v))
		}
		if v.ok {
			last = max(last, -float64(m.better)*rounded(v))
		}
	}
	marks := make([]bool, len(all))
	for i, v := range all {
		marks[i] = v.ok && !v.open && first < last && -float64(m.better)*rounded(v) == first
	}
	return marks
}
