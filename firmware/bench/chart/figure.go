package chart

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"studiobox/firmware/bench/score"
)

// size is one of the two in which every figure is drawn: letters keep their
// size on a phone, so that the figure has to be another one.
type size struct {
	class               string
	width, height       float64
	left, right, bottom float64
	font                float64
	grain               time.Duration // of curves
	marks               int           // about so many marks on the time axis
}

var (
	wide  = size{"wide", 1080, 300, 78, 12, 26, 12, 200 * time.Millisecond, 10}
	phone = size{"phone", 358, 250, 62, 8, 24, 11, 500 * time.Millisecond, 4}
)

// choose is the text that the size has room for.
func (s size) choose(long, short string) string {
	if s.class == wide.class {
		return long
	}
	return short
}

// figure is an SVG with a time axis that is being drawn.
type figure struct {
	size
	top     float64
	plot    float64 // height of the plot
	seconds float64
	body    strings.Builder
}

func newFigure(s size, seconds float64) *figure {
	return &figure{size: s, top: 10, plot: s.height - s.bottom - 10, seconds: max(seconds, 1)}
}

func (f *figure) add(format string, args ...any) { fmt.Fprintf(&f.body, format, args...) }

// x is where a time stands.
func (f *figure) x(seconds float64) float64 {
	return f.left + (f.width-f.left-f.right)*min(max(seconds/f.seconds, 0), 1)
}

// y is where a part of the plot's height stands, counted from below.
func (f *figure) y(part float64) float64 {
	return f.top + f.plot*(1-min(max(part, 0), 1))
}

// mark draws a line across with its label at the left.
func (f *figure) mark(part float64, label, class string) {
	y := f.y(part)
	f.add(`<path class="%s" d="M%.1f %.1fH%.1f"/>`, class, f.left, y, f.width-f.right)
	f.label(f.left-6, y+f.font*0.35, "end", label)
}

func (f *figure) label(x, y float64, anchor, text string) {
	f.add(`<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%g">%s</text>`, x, y, anchor, f.font, html.EscapeString(text))
}

// timeAxis writes the seconds below the plot, and below all that hangs under it.
func (f *figure) timeAxis(y float64) {
	every := niceStep(f.seconds / float64(f.marks))
	for at := 0.0; at <= f.seconds+1e-9; at += every {
		text, anchor := fmt.Sprintf("%g", at), "middle"
		if at+every > f.seconds+1e-9 {
			text, anchor = text+" s", "end"
		}
		f.add(`<path class="grid" d="M%.1f %.1fV%.1f"/>`, f.x(at), f.top, y)
		f.label(f.x(at)+map[bool]float64{true: f.right}[anchor == "end"], y+f.font+4, anchor, text)
	}
}

// niceStep is the least of 1, 2, 5, 10, 20 ... that is not below a value.
func niceStep(least float64) float64 {
	scale := math.Pow(10, math.Floor(math.Log10(least)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*scale >= least {
			return factor * scale
		}
	}
	return 10 * scale
}

// curve draws points; a negative part is a hole.
func (f *figure) curve(class string, at []float64, part []float64) {
	var d strings.Builder
	pen := byte('M')
	for i := range at {
		if part[i] < 0 {
			pen = 'M'
			continue
		}
		fmt.Fprintf(&d, "%c%.1f %.1f", pen, f.x(at[i]), f.y(part[i]))
		pen = 'L'
	}
	if d.Len() > 0 {
		f.add(`<path class="%s" d="%s"/>`, class, d.String())
	}
}

// svg closes the drawing. Within the page its colours are the page's.
func (f *figure) svg(height float64, label string) string {
	return fmt.Sprintf(`<svg class="%s" viewBox="0 0 %g %g" role="img" aria-label="%s">%s</svg>`,
		f.class, f.width, math.Ceil(height), html.EscapeString(label), f.body.String())
}

// resample is the mean of a series over stretches of a grain, and the middle
// of each in seconds.
func resample(series []float64, grain time.Duration) (at, mean []float64) {
	each := max(1, int(grain/score.GridStep))
	step := score.GridStep.Seconds()
	for i := 0; i < len(series); i += each {
		part := series[i:min(i+each, len(series))]
		sum := 0.0
		for _, v := range part {
			sum += v
		}
		at = append(at, (float64(i)+float64(len(part))/2)*step)
		mean = append(mean, sum/float64(len(part)))
	}
	return at, mean
}

// overASecond is the mean over the second around each point.
func overASecond(series []float64) []float64 {
	const half = int(time.Second / score.GridStep / 2)
	smooth := make([]float64, len(series))
	for i := range series {
		part := series[max(0, i-half):min(len(series), i+half)]
		for _, v := range part {
			smooth[i] += v / float64(len(part))
		}
	}
	return smooth
}

// ruleClass is the class that gives a run its colour and weight.
func ruleClass(r row) string {
	class := "curve r-" + word(r.Rule)
	if rank(r.Rule) == len(ruleNames) {
		class += " r-other"
	}
	if r.ours() {
		class += " ours"
	}
	return class
}

// word keeps of a name what may stand in a class or a file's name.
func word(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return '-'
	}, name)
}
