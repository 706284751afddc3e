package panel

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"studiobox/firmware/showlog"
)

// reportPage is a report as a person reads it.
type reportPage struct {
	speaker
	markup
	kinds  map[string]string // of reasons
	report showlog.Report    // Show 0 = there is none
	shows  []showlog.Summary
	query  url.Values
	file   bool // to keep: no links, no script
}

// leastTold is the shortest loss that is worth a figure.
const leastTold = 50 * time.Millisecond

// languageNames are how each language calls itself.
var languageNames = map[string]string{"ja": "日本語", "en": "English", "zh": "中文"}

func (g *reportPage) html() string {
	g.WriteString("<!doctype html>\n")
	g.open("html", "lang", g.lang)
	g.open("head")
	g.open("meta", "charset", "utf-8")
	g.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
	if g.file {
		g.open("meta", "http-equiv", "Content-Security-Policy", "content", reportPolicy())
	}
	g.put("title", g.say("report.title")+" – studiobox")
	g.open("style")
	g.WriteString(reportStyle)
	g.end("style")
	if !g.file {
		g.open("script", "type", "module", "src", "/report.js")
		g.end("script")
	}
	g.end("head")
	g.open("body")
	if !g.file {
		g.tools()
	}
	g.open("main")
	g.body()
	g.end("main")
	g.end("body")
	g.end("html")
	return g.String()
}

func (g *reportPage) body() {
	if g.report.Show == 0 {
		g.put("h1", g.say("report.title"))
		g.put("p", g.say("report.none"))
		return
	}
	g.head()
	g.figures()
	g.chart()
	g.moments()
	g.causes()
	g.sizes()
	g.put("p", g.say("report.about"), "class", "about")
	if !g.file && len(g.shows) > 1 {
		g.others()
	}
}

// link is an address within the reports that keeps language and clock.
func (g *reportPage) link(path string, change ...string) string {
	query := url.Values{}
	for name, values := range g.query {
		query[name] = values
	}
	for i := 0; i+1 < len(change); i += 2 {
		query.Set(change[i], change[i+1])
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

func (g *reportPage) tools() {
	path := "/report"
	if g.report.Show > 0 {
		path = fmt.Sprintf("/report/%d", g.report.Show)
	}
	g.open("nav", "class", "tools")
	g.put("a", g.say("report.back"), "href", "/", "class", "back")
	for _, lang := range []string{"ja", "en", "zh"} {
		attributes := []string{"href", g.link(path, "lang", lang), "lang", lang}
		if lang == g.lang {
			attributes = append(attributes, "aria-current", "true")
		}
		g.put("a", languageNames[lang], attributes...)
	}
	if g.report.Show > 0 {
		g.put("a", g.say("report.save"), "href", g.link(path+".html", "lang", g.lang), "class", "save")
		g.put("button", g.say("report.print"), "type", "button", "id", "print")
	}
	g.end("nav")
}

func (g *reportPage) head() {
	r := g.report
	g.open("header")
	g.put("h1", g.say("report.title"))
	g.put("p", g.say("report.when", "day", g.day(r.From), "from", g.clock(r.From), "to", g.clock(r.To)), "class", "when")
	g.put("p", g.say("report.number", "n", strconv.Itoa(r.Show))+" · "+g.say("report.zone", "zone", g.zoneName(r.From)), "class", "note")
	g.end("header")
	if r.Running {
		g.put("p", g.say("report.running"), "class", "running")
	}
}

func (g *reportPage) figures() {
	r := g.report
	g.open("dl", "class", "figures")
	g.figure("report.onAir", g.span(r.OnAir), "")
	g.figure("report.lost", g.span(r.Lost), g.say("report.estimate"))
	g.figure("report.kbps", g.rate(r.Kbps), "")
	g.figure("report.cuts", g.say("report.times", "n", strconv.Itoa(r.Cuts)), "")
	g.figure("report.data", g.bytes(r.Bytes), "")
	g.figure("report.duration", g.span(r.Duration), "")
	g.end("dl")
	if r.Unrecorded > 0 {
		g.put("p", g.say("report.unrecorded", "time", g.span(r.Unrecorded)), "class", "note")
	}
}

func (g *reportPage) figure(key, value, note string) {
	g.open("div")
	g.put("dt", g.say(key))
	g.open("dd")
	g.text(value)
	if note != "" {
		g.put("small", note)
	}
	g.end("dd")
	g.end("div")
}

func (g *reportPage) moments() {
	g.put("h2", g.say("report.worst"))
	if len(g.report.Worst) == 0 {
		g.put("p", g.say("report.noWorst"))
		return
	}
	g.open("ol", "class", "moments")
	for _, m := range g.report.Worst {
		g.open("li", "class", "k-"+g.kind(m.Reason))
		g.open("p", "class", "what")
		g.put("time", g.clock(m.At))
		g.put("b", g.reason(m.Reason))
		if m.Lost >= leastTold {
			g.put("span", g.say("value.lost")+" "+g.span(m.Lost), "class", "loss")
		}
		g.end("p")
		g.put("p", g.say("report.values", "values", g.values(m)))
		g.put("p", g.say("report.did", "deeds", g.deeds(m)))
		g.end("li")
	}
	g.end("ol")
}

// values are what was measured in a moment, the worst of each.
func (g *reportPage) values(m showlog.Moment) string {
	parts := []string{g.say("facts.queue") + " " + g.span(time.Duration(m.QueueMs)*time.Millisecond)}
	if m.RTTMs > 0 {
		parts = append(parts, g.say("facts.rtt")+" "+strconv.Itoa(m.RTTMs)+" ms")
	}
	if m.CapacityKbps > 0 {
		parts = append(parts, g.say("value.capacity")+" "+g.rate(m.CapacityKbps))
	}
	if m.Loss > 0 {
		parts = append(parts, g.say("value.loss")+" "+g.percent(m.Loss))
	}
	return strings.Join(parts, " · ")
}

func (g *reportPage) deeds(m showlog.Moment) string {
	deeds := []string{g.say("report.didNothing")}
	if m.ToKbps != m.FromKbps {
		deeds[0] = g.say("report.didRate", "change", g.change(m.FromKbps, m.ToKbps))
	}
	for _, deed := range []struct {
		done bool
		key  string
	}{{m.Flush, "did.flush"}, {m.Skip, "did.skip"}, {m.Key, "did.key"}} {
		if deed.done {
			deeds = append(deeds, g.say(deed.key))
		}
	}
	return strings.Join(deeds, " · ")
}

func (g *reportPage) causes() {
	known := g.report.Duration - g.report.Unrecorded
	g.put("h2", g.say("report.causes"))
	g.table("causes", []string{"report.reason", "report.time", "report.share", "report.lowered", "value.lost"}, len(g.report.Causes), func(row int) []string {
		c := g.report.Causes[row]
		cuts, lost := "–", "–"
		if c.Cuts > 0 {
			cuts = strconv.Itoa(c.Cuts)
		}
		if c.Lost >= leastTold {
			lost = g.span(c.Lost)
		}
		return []string{"k-" + g.kind(c.Reason), g.reason(c.Reason), g.span(c.Time), g.percent(share(c.Time, known)), cuts, lost}
	})
}

func (g *reportPage) sizes() {
	known := g.report.Duration - g.report.Unrecorded
	g.put("h2", g.say("report.sizes"))
	g.table("sizes", []string{"value.picture", "report.fps", "report.time", "report.share"}, len(g.report.Sizes), func(row int) []string {
		s := g.report.Sizes[row]
		picture := g.say("mode." + s.Mode)
		if s.Width > 0 {
			picture = fmt.Sprintf("%d×%d, %s", s.Width, s.Height, picture)
		}
		return []string{"", picture, strconv.FormatFloat(s.FPS, 'f', 1, 64), g.span(s.Time), g.percent(share(s.Time, known))}
	})
}

// table writes rows, the first cell of which is a class.
func (g *reportPage) table(class string, heads []string, rows int, row func(int) []string) {
	g.open("table", "class", class)
	g.open("tr")
	for _, head := range heads {
		g.put("th", g.say(head))
	}
	g.end("tr")
	for i := range rows {
		cells := row(i)
		g.open("tr", "class", cells[0])
		for _, cell := range cells[1:] {
			g.put("td", cell)
		}
		g.end("tr")
	}
	g.end("table")
}

func (g *reportPage) others() {
	g.open("section", "class", "others")
	g.put("h2", g.say("report.others"))
	g.open("ul")
	for _, s := range g.shows {
		g.open("li")
		name := g.minute(s.From) + " – " + g.minute(s.To)
		if s.Running {
			name = g.minute(s.From) + " – " + g.say("report.live")
		}
		if s.Show == g.report.Show {
			g.put("b", name)
		} else {
			g.put("a", name, "href", g.link(fmt.Sprintf("/report/%d", s.Show)))
		}
		g.put("span", g.say("shows.lastNote", "air", g.span(s.OnAir), "lost", g.span(s.Lost)))
		g.end("li")
	}
	g.end("ul")
	g.end("section")
}

func share(of, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return of.Seconds() / whole.Seconds()
}
