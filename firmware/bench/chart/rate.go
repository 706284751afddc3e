package chart

import (
	"fmt"
	"slices"
	"strings"
)

// rateFigure shows what the line offered as an area, and what each rule got
// through it: media at the ingest, each point the mean of the second around it.
func rateFigure(g group, s size) string {
	r := g.any()
	if r == nil {
		return ""
	}
	f := newFigure(s, r.To)
	rows := g.drawn()
	top := rateTop(g, rows)
	unit := niceStep(top / 6)
	for kbps := 0.0; kbps <= top; kbps += unit {
		f.mark(kbps/top, fmt.Sprintf("%g", kbps/1000), "grid")
	}
	f.area(r.Series.CapacityKbps, top)
	f.timeAxis(f.top + f.plot)
	for _, ours := range g.ours() {
		at, target := resample(ours.Series.TargetKbps, s.grain)
		f.curve("target r-box", at, parts(target, top))
	}
	for _, r := range slices.Backward(rows) { // ours on top
		at, rate := resample(overASecond(r.Series.DeliveredKbps), s.grain)
		f.curve(ruleClass(r), at, parts(rate, top))
	}
	f.label(f.left+4, f.top+f.font, "start", "Mbit/s")
	return f.svg(s.height, "Capacity of line "+g.line+" and the rate that each rule got through it")
}

// rateTop is the greatest rate of the figure: of the line up to a tenth over
// the ceiling, or of what came through.
func rateTop(g group, rows []row) float64 {
	r := g.any()
	top := 0.0
	if len(r.Series.CapacityKbps) > 0 {
		top = min(slices.Max(r.Series.CapacityKbps), 1.1*max(r.CeilingKbps, 1000))
	}
	for _, r := range rows {
		if rate := overASecond(r.Series.DeliveredKbps); len(rate) > 0 {
			top = max(top, slices.Max(rate))
		}
	}
	return max(top, 100) * 1.04
}

// area draws a series as steps down to the ground.
func (f *figure) area(series []float64, top float64) {
	at, mean := resample(series, f.grain/2)
	if len(at) == 0 {
		return
	}
	half := at[0]
	var d strings.Builder
	fmt.Fprintf(&d, "M%.1f %.1f", f.x(0), f.y(0))
	last := -1.0
	for i, kbps := range mean {
		if y := f.y(kbps / top); y != last {
			fmt.Fprintf(&d, "H%.1fV%.1f", f.x(at[i]-half), y)
			last = y
		}
	}
	f.add(`<path class="capacity" d="%sH%.1fV%.1fZ"/>`, d.String(), f.x(f.seconds), f.y(0))
}

// parts are values as parts of the greatest one; what is missing stays negative.
func parts(values []float64, of float64) []float64 {
	scaled := make([]float64, len(values))
	for i, v := range values {
		scaled[i] = v / of
	}
	return scaled
}
