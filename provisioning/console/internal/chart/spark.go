// Package chart draws the console's small pictures as SVG without styles of its own: the page's sheet colours them.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Spark sizes, in units of its view box.
const (
	sparkWidth  = 120.0
	sparkHeight = 28.0
	sparkEdge   = 2.0
)

// Spark draws a line through points of equal distance in time; NaN leaves a
// gap. label tells what it shows to those who cannot see it. The scale begins at
// zero, unless all points are alike, so that a wobble does not look like a fall.
func Spark(points []float64, label string) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %g %g" preserveAspectRatio="none" role="img" aria-label="%s">`,
		sparkWidth, sparkHeight, template.HTMLEscapeString(label))
	if top := highest(points); top > 0 || hasPoint(points) {
		line, area := sparkPaths(points, max(top, 1))
		fmt.Fprintf(&b, `<path class="spark-area" d="%s"/><path class="spark-line" d="%s"/>`, area, line)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) // figures and one escaped label
}

func highest(points []float64) float64 {
	top := 0.0
	for _, p := range points {
		if !math.IsNaN(p) {
			top = max(top, p)
		}
	}
	return top
}

func hasPoint(points []float64) bool {
	for _, p := range points {
		if !math.IsNaN(p) {
			return true
		}
	}
	return false
}

// sparkPaths are the line through the points and the area below it, broken at gaps.
func sparkPaths(points []float64, top float64) (line, area string) {
	var l, a strings.Builder
	step := sparkWidth / float64(max(len(points)-1, 1))
	begun := -1.0 // x where the run of points began
	last := 0.0
	closeRun := func() {
		if begun >= 0 {
			a.WriteString("L" + figure(last) + " " + figure(sparkHeight) + "L" + figure(begun) + " " + figure(sparkHeight) + "Z")
		}
		begun = -1
	}
	for i, p := range points {
		if math.IsNaN(p) {
			closeRun()
			continue
		}
		x := float64(i) * step
		y := sparkHeight - sparkEdge - max(p, 0)/top*(sparkHeight-2*sparkEdge)
		verb := "L"
		if begun < 0 {
			verb, begun = "M", x
		}
		l.WriteString(verb + figure(x) + " " + figure(y))
		a.WriteString(verb + figure(x) + " " + figure(y))
		last = x
	}
	closeRun()
	return l.String(), a.String()
}

// figure writes a coordinate with one decimal at most.
func figure(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }
