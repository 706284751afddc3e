package console

import (
	"html/template"
	"math"
	"net/http"
	"time"

	"studiobox/provisioning/console/internal/chart"
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
)

// countView is one cell of the strip.
type countView struct {
	ID, Tone, Letter, Name, Delta, Href string
	Count                               int
	On                                  bool
	Trend                               template.HTML
}

// serveFront is the overview: counts, what needs attention, search.
func (c *Console) serveFront(w http.ResponseWriter, v *visit) {
	p := c.page(v, v.say.Say("front.title"), "now")
	p.Live = "/live"
	c.writeLive(w, v, "front", p, c.frontParts)
}

// frontParts is what of the overview changes by itself.
func (c *Console) frontParts(v *visit, p *page) ([]part, error) {
	now, err := c.glances.see(v.Context(), v.scope, v.say.Now)
	if err != nil {
		c.log.Warn("the past of the counts cannot be read", "error", err)
	}
	p.Choices = c.choices(v, now.facets, p.Filter)
	parts := countParts(v.say, now, p.Filter)
	parts = append(parts, part{"sum", "attention-sum", "attention-sum", attentionSum(v.say, now.attention)})
	for _, row := range now.attention.Rows {
		view := viewRow(v, row)
		parts = append(parts, part{"rows", view.ID, "row", view})
	}
	if len(now.attention.Rows) == 0 {
		parts = append(parts, part{"rows", "quiet", "quiet", nil})
	}
	for _, row := range now.attention.MutedRows {
		view := viewRow(v, row)
		parts = append(parts, part{"rows", view.ID, "row", view})
	}
	return parts, nil
}

// countParts are the cells of the strip.
func countParts(say words.Speaker, now glance, filter roster.Filter) []part {
	var parts []part
	for _, status := range roster.Statuses() {
		name := say.Say("status." + string(status))
		on := filter.Status == string(status)
		view := countView{
			ID: "count-" + string(status), Tone: toneOfStatus(status), Letter: say.Say("letter." + string(status)), Name: name,
			Count: now.counts[status], On: on, Href: filterPath(roster.Filter{Status: string(status)}),
			Trend: chart.Spark(trendOf(now, status, say.Now), say.Say("spark.title", "name", name)),
		}
		if on {
			view.Href = "/boxes"
		}
		if len(now.samples) > 0 {
			view.Delta = say.Signed(now.counts[status] - now.samples[0].Counts[status])
		}
		parts = append(parts, part{"strip", view.ID, "count", view})
	}
	return parts
}

// trendOf is the last 24 hours of a status by the quarter of an hour, and now.
// A quarter without a sample is a gap: the console did not run then.
func trendOf(now glance, status roster.Status, at time.Time) []float64 {
	points := make([]float64, quartersADay+1)
	for i := range points {
		points[i] = math.NaN()
	}
	for _, s := range now.samples {
		i := quartersADay - int(at.Sub(s.At)/quarter)
		if i >= 0 && i < quartersADay {
			points[i] = float64(s.Counts[status])
		}
	}
	points[quartersADay] = float64(now.counts[status])
	return points
}
