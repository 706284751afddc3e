package console

import (
	"html/template"
	"math"
	"strconv"

	"studiobox/provisioning/console/internal/chart"
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
)

// healthView is a box's figures with their recent past.
type healthView struct {
	Note   string
	Sparks []sparkView
}

type sparkView struct {
	Name, Figure, Unit string
	Trend              template.HTML
}

// viewHealth draws the sparks of a trail, with the figures of the newest message.
func viewHealth(say words.Speaker, b roster.Box, trail [][]float64) healthView {
	if b.HealthAt.IsZero() {
		return healthView{Note: say.Say("health.none")}
	}
	view := healthView{Note: say.Say("health.note", "span", strconv.Itoa(int((trailSteps * trailStep).Hours())), "ago", say.Ago(b.HealthAt))}
	for i, kind := range vitals() {
		name, figure := say.Say(kind.name), "–"
		if newest := kind.of(b.Health); !math.IsNaN(newest) {
			figure = strconv.FormatFloat(newest, 'f', kind.decimals, 64)
		}
		one := sparkView{Name: name, Figure: figure, Unit: say.Say(kind.unit)}
		if trail != nil {
			one.Trend = chart.Spark(trail[i], name)
		}
		view.Sparks = append(view.Sparks, one)
	}
	return view
}
