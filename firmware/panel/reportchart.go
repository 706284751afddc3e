package panel

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"studiobox/firmware/showlog"
)

// kindOther is the kind of a reason that this version does not know.
const kindOther = "other"

// kindNames are what reasons mean to a person, in the order of the legend.
var kindNames = [...]string{"up", "enough", "wait", "down", "server", "out", "camera", kindOther}

func (g *reportPage) kind(reason string) string {
	if kind, known := g.kinds[reason]; known {
		return kind
	}
	return kindOther
}

// The rows of the chart are drawings of their own, as wide as the show is long
// (in seconds) and 100 high, stretched to whatever room there is; words stand
// beside them, where they are not stretched.

// chart is the course of the show: rate with its reasons, what was not seen,
// and size and pace of the picture.
func (g *reportPage) chart() {
	line := g.report.Line
	if len(line) == 0 {
		return
	}
	topRate, topHeight, topFPS := 0, 0, 0
	for _, p := range line {
		topRate = max(topRate, p.AckedKbps, p.TargetKbps)
		topHeight, topFPS = max(topHeight, p.Height), max(topFPS, p.FPS)
	}
	topRate = roundUp(topRate)
	g.put("h2", g.say("report.line"))
	g.open("div", "class", "chart")
	g.row("rate", []string{axisRate(topRate), axisRate(topRate / 2), "0"}, func() { g.drawRate(line, topRate) })
	g.row("band", nil, func() { g.drawBand(line) })
	g.row("lost", nil, func() { g.drawLost(line) })
	g.ticks()
	if topHeight > 0 {
		g.put("p", g.say("report.height"), "class", "caption")
		g.row("small", []string{strconv.Itoa(topHeight)}, func() {
			g.area(line, "height", func(p showlog.Point) float64 { return float64(p.Height) / float64(topHeight) })
		})
	}
	if topFPS > 0 {
		g.put("p", g.say("report.fps"), "class", "caption")
		g.row("small", []string{strconv.Itoa(topFPS)}, func() {
			g.area(line, "fps", func(p showlog.Point) float64 { return float64(p.FPS) / float64(topFPS) })
		})
	}
	g.end("div")
	g.legend(line)
}

func (g *reportPage) row(class string, labels []string, draw func()) {
	g.open("svg", "class", class, "viewBox", fmt.Sprintf("0 0 %.3f 100", g.report.Duration.Seconds()), "preserveAspectRatio", "none", "aria-hidden", "true")
	draw()
	g.end("svg")
	g.open("div", "class", "labels "+class)
	for _, label := range labels {
		g.put("span", label)
	}
	g.end("div")
}

func (g *reportPage) drawRate(line []showlog.Point, top int) {
	for _, y := range []string{"0", "50", "100"} {
		g.shape("path", "class", "grid", "d", "M0 "+y+"H"+seconds(g.report.Duration))
	}
	g.area(line, "acked", func(p showlog.Point) float64 { return float64(p.AckedKbps) / float64(top) })
	var path strings.Builder
	begun := false
	for _, p := range line {
		if !p.Known {
			begun = false
			continue
		}
		y := 100 - 100*float64(p.TargetKbps)/float64(top)
		if !begun {
			fmt.Fprintf(&path, "M%s %.2f", seconds(p.At), y)
		}
		begun = true
		fmt.Fprintf(&path, "V%.2fH%s", y, seconds(p.At+p.Length))
	}
	g.shape("path", "class", "target", "d", path.String())
	for _, p := range line {
		if p.Known {
			g.block(p.At, p.Length, "hover", g.tip(p))
		}
	}
}

// tip is what a reader learns of a point who rests the pointer on it.
func (g *reportPage) tip(p showlog.Point) string {
	parts := []string{g.clock(g.report.From.Add(p.At)), g.reason(p.Reason),
		g.say("report.allowed") + " " + g.rate(p.TargetKbps), g.say("report.arrived") + " " + g.rate(p.AckedKbps)}
	if p.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d×%d, %s", p.Width, p.Height, g.say("value.fps", "n", strconv.Itoa(p.FPS))))
	}
	if p.Lost > 0 {
		parts = append(parts, g.say("value.lost")+" "+g.span(p.Lost))
	}
	return strings.Join(parts, "\n")
}

// area fills from the ground to a value between 0 and 1.
func (g *reportPage) area(line []showlog.Point, class string, value func(showlog.Point) float64) {
	var path strings.Builder
	begun := false
	for _, p := range line {
		if !p.Known {
			if begun {
				path.WriteString("V100Z")
			}
			begun = false
			continue
		}
		if !begun {
			fmt.Fprintf(&path, "M%s 100", seconds(p.At))
		}
		begun = true
		fmt.Fprintf(&path, "V%.2fH%s", 100-100*value(p), seconds(p.At+p.Length))
	}
	if begun {
		path.WriteString("V100Z")
	}
	g.shape("path", "class", class, "d", path.String())
}

// drawBand colours the time by the reason; what nobody recorded stays empty.
func (g *reportPage) drawBand(line []showlog.Point) {
	for i := 0; i < len(line); {
		first := line[i]
		length := time.Duration(0)
		for ; i < len(line) && line[i].Known == first.Known && line[i].Reason == first.Reason; i++ {
			length += line[i].Length
		}
		if first.Known {
			g.block(first.At, length, "k-"+g.kind(first.Reason), g.clock(g.report.From.Add(first.At))+"\n"+g.reason(first.Reason))
		}
	}
}

func (g *reportPage) drawLost(line []showlog.Point) {
	for _, p := range line {
		if p.Lost > 0 {
			g.block(p.At, p.Length, "missed", g.clock(g.report.From.Add(p.At))+"\n"+g.say("value.lost")+" "+g.span(p.Lost))
		}
	}
}

func (g *reportPage) block(at, length time.Duration, class, tip string) {
	g.open("rect", "class", class, "x", seconds(at), "y", "0", "width", seconds(length), "height", "100")
	g.put("title", tip)
	g.end("rect")
}

func (g *reportPage) shape(tag string, attributes ...string) {
	g.open(tag, attributes...)
	g.end(tag)
}

// ticks are five moments of the show, from its begin to its end.
func (g *reportPage) ticks() {
	g.open("div", "class", "ticks")
	for i := range 5 {
		at := g.report.From.Add(g.report.Duration * time.Duration(i) / 4)
		if g.report.Duration < 10*time.Minute {
			g.put("span", g.clock(at))
		} else {
			g.put("span", g.minute(at))
		}
	}
	g.end("div")
}

func (g *reportPage) legend(line []showlog.Point) {
	present, missed := map[string]bool{}, false
	for _, p := range line {
		present[g.kind(p.Reason)] = present[g.kind(p.Reason)] || p.Known
		missed = missed || p.Lost > 0
	}
	g.open("ul", "class", "legend")
	g.put("li", g.say("report.allowed"), "class", "key-target")
	g.put("li", g.say("report.arrived"), "class", "key-acked")
	for _, kind := range kindNames {
		if present[kind] {
			g.put("li", g.say("kind."+kind), "class", "k-"+kind)
		}
	}
	if missed {
		g.put("li", g.say("report.lost"), "class", "missed")
	}
	g.end("ul")
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// axisRate is as short as an axis needs it.
func axisRate(kbps int) string {
	return strconv.FormatFloat(float64(kbps)/1000, 'f', -1, 64) + " M"
}

// roundUp is the next rate that reads well at the top of an axis.
func roundUp(kbps int) int {
	for _, top := range []int{500, 1000, 2000, 3000, 4000, 6000, 8000, 10_000, 15_000, 20_000, 30_000} {
		if kbps <= top {
			return top
		}
	}
	return (kbps + 9999) / 10_000 * 10_000
}
