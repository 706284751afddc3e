package chart

import (
	"fmt"
	"html"
	"math"
	"slices"
	"time"

	"studiobox/firmware/bench/score"
)

// The delay's axis is logarithmic.
const (
	leastDelayMs = 20
	mostDelayMs  = 20000
)

const (
	stripHeight = 9 // of a rule's frozen seconds
	stripPitch  = 11
	bandHeight  = 14 // of our decisions
	bandPitch   = 16
)

// delayFigure shows how old each frame was when it came (a hole where none
// came), below it when a viewer one second behind the camera sees a standing
// picture, and our own decisions with their reasons.
func delayFigure(g group, s size) string {
	r := g.any()
	if r == nil {
		return ""
	}
	rows := g.drawn()
	f := newFigure(s, r.To)
	for _, ms := range []float64{20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000} {
		class, label := "grid", fmt.Sprintf("%g ms", ms)
		if ms >= 1000 {
			label = fmt.Sprintf("%g s", ms/1000)
		}
		if ms == 1000 {
			class = "limit"
		}
		f.mark(delayPart(ms), label, class)
	}
	f.add(`<path class="limit" d="M%.1f %.1fH%.1f"/>`, f.left, f.y(delayPart(3000)), f.width-f.right)
	f.label(f.width-f.right-4, f.y(delayPart(1000))-4, "end", s.choose("too late for a viewer 1 s behind", "1 s behind"))
	f.label(f.width-f.right-4, f.y(delayPart(3000))-4, "end", "3 s behind")
	decided := slices.DeleteFunc(g.ours(), func(r row) bool { return len(r.Series.Reason) == 0 })
	strips := f.top + f.plot + 8
	bands := strips + stripPitch*float64(len(rows)) + 4
	below := bands + bandPitch*float64(len(decided))
	f.timeAxis(below)
	for i, r := range rows {
		f.strip(r, strips+stripPitch*float64(i))
	}
	for i, r := range decided {
		f.band(r, bands+bandPitch*float64(i))
	}
	for _, r := range slices.Backward(rows) {
		at, delay := peaks(r.Series.DelayMs, s.grain)
		f.curve(ruleClass(r), at, delay)
	}
	return f.svg(below+f.bottom, "Delay of frames on line "+g.line+", frozen seconds and decisions")
}

// delayPart is where a delay stands on the logarithmic axis.
func delayPart(ms float64) float64 {
	return math.Log(max(ms, leastDelayMs)/leastDelayMs) / math.Log(mostDelayMs/leastDelayMs)
}

// peaks are the greatest delays of stretches of a grain, as parts of the axis;
// negative where no frame was captured that ever came.
func peaks(series []float64, grain time.Duration) (at, part []float64) {
	each := max(1, int(grain/score.GridStep))
	for i := 0; i < len(series); i += each {
		stretch := series[i:min(i+each, len(series))]
		at = append(at, (float64(i)+float64(len(stretch))/2)*score.GridStep.Seconds())
		if worst := slices.Max(stretch); worst >= 0 {
			part = append(part, delayPart(worst))
		} else {
			part = append(part, -1)
		}
	}
	return at, part
}

// strip draws a rule's frozen seconds.
func (f *figure) strip(r row, y float64) {
	f.add(`<g class="%s"><path class="strip" d="M%.1f %.1fH%.1f"/>`, ruleClass(r), f.left, y+stripHeight/2.0, f.width-f.right)
	for _, frozen := range r.At1s.Freezes {
		f.add(`<rect class="frozen" x="%.1f" y="%.1f" width="%.1f" height="%d"><title>%s stands from %.1f to %.1f s</title></rect>`,
			f.x(frozen.From), y+0.5, max(f.x(frozen.To)-f.x(frozen.From), 1), stripHeight-1, html.EscapeString(r.label), frozen.From, frozen.To)
	}
	f.name(y+stripHeight-0.5, r.label)
	f.add(`</g>`)
}

// band draws the reasons of our rule's decisions.
func (f *figure) band(r row, y float64) {
	for _, stretch := range reasonsOf(r.Result) {
		if stretch.reason == "" {
			continue
		}
		f.add(`<rect class="reason %s" x="%.1f" y="%.1f" width="%.1f" height="%d"><title>%s, %.1f to %.1f s</title></rect>`,
			reasonClass(stretch.reason), f.x(stretch.from), y, f.x(stretch.to)-f.x(stretch.from), bandHeight,
			html.EscapeString(stretch.reason), stretch.from, stretch.to)
	}
	f.name(y+bandHeight-3, "reason")
}

// name labels what hangs below the plot.
func (f *figure) name(y float64, text string) {
	f.add(`<text class="name" x="%.1f" y="%.1f" text-anchor="end" font-size="%g">%s</text>`, f.left-6, y, f.font-2, html.EscapeString(text))
}

// decided is a stretch in which decisions had one reason.
type decided struct {
	from, to float64 // s
	reason   string
}

func reasonsOf(r *score.Result) []decided {
	var all []decided
	step := score.GridStep.Seconds()
	for i, reason := range r.Series.Reason {
		if n := len(all); n > 0 && all[n-1].reason == reason {
			all[n-1].to = float64(i+1) * step
			continue
		}
		all = append(all, decided{float64(i) * step, float64(i+1) * step, reason})
	}
	return all
}

// colouredReasons are the reasons that have a colour of their own in the style
// sheet; others share one.
var colouredReasons = [...]string{
	"start", "climb", "probe", "app_limited", "hold", "capacity", "standing_queue", "loss", "outage", "stall", "receiver_limited", "no_kernel_stats",
}

func reasonClass(reason string) string {
	if slices.Contains(colouredReasons[:], reason) {
		return "why-" + reason
	}
	return "why-other"
}
