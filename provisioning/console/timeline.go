package console

import (
	"html/template"
	"strconv"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/internal/chart"
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
)

// A timeline's cell is a quarter of an hour.
const (
	quarter      = 15 * time.Minute
	quartersADay = 24 * 4
	daysShown    = 7
)

// noStatus is a cell of which nothing is known.
const noStatus = "none"

// timesView is the box's last 24 hours and last seven days.
type timesView struct {
	Note             string
	Day              template.HTML
	Hours, WeekHours []string
	Week             []dayView
	Key              []keyView
}

type dayView struct {
	Name string
	Row  template.HTML
}

// keyView explains one status of the timelines.
type keyView struct {
	Swatch       template.HTML
	Letter, Name string
}

// viewTimes draws the timelines from spans of status, oldest first.
func viewTimes(say words.Speaker, spans []book.Span) timesView {
	now := say.Now
	begin := now.Truncate(quarter).Add(quarter - 24*time.Hour)
	view := timesView{
		Note: say.Say("time.note", "zone", say.ZoneName()),
		Day:  chart.Timeline(cells(say, spans, begin, begin.Add(24*time.Hour)), say.Say("time.day")),
	}
	for hours := 0; hours <= 24; hours += 6 {
		view.Hours = append(view.Hours, say.Clock(begin.Add(time.Duration(hours)*time.Hour)))
		view.WeekHours = append(view.WeekHours, strconv.Itoa(hours)+":00")
	}
	local := now.In(say.Zone)
	for back := daysShown - 1; back >= 0; back-- {
		// Midnights by the calendar: a day of a change of clocks has 23 or 25 hours.
		from := time.Date(local.Year(), local.Month(), local.Day()-back, 0, 0, 0, 0, say.Zone)
		until := time.Date(local.Year(), local.Month(), local.Day()-back+1, 0, 0, 0, 0, say.Zone)
		name := say.Weekday(from) + " " + say.Day(from)
		view.Week = append(view.Week, dayView{name, chart.Timeline(cells(say, spans, from, until), name)})
	}
	for _, status := range roster.Statuses() {
		one := chart.Cell{Status: string(status), Name: say.Say("status." + string(status))}
		view.Key = append(view.Key, keyView{chart.Timeline([]chart.Cell{one}, one.Name), say.Say("letter." + one.Status), one.Name})
	}
	return view
}

// cells cuts a time into quarters of an hour. Each shows the worst status that
// was in force within it, so that a short trouble is not overlooked.
func cells(say words.Speaker, spans []book.Span, from, until time.Time) []chart.Cell {
	var all []chart.Cell
	for at := from; at.Before(until); at = at.Add(quarter) {
		status := noStatus
		if at.Before(say.Now) {
			status = worstWithin(spans, at, at.Add(quarter))
		}
		all = append(all, chart.Cell{
			Status: status, Letter: say.Say("letter." + status), Name: say.Say("status." + status),
			From: say.Clock(at), Until: say.Clock(at.Add(quarter)),
		})
	}
	return all
}

// worstWithin is the worst status in force between two times.
func worstWithin(spans []book.Span, from, until time.Time) string {
	worst, rank := noStatus, -1
	for _, span := range spans {
		if !span.Begin.Before(until) || !span.End.After(from) {
			continue
		}
		if r := badness(span.Status); r > rank {
			worst, rank = string(span.Status), r
		}
	}
	return worst
}

// badness orders statuses for a cell of the timeline: what ops must not
// overlook is higher.
func badness(status roster.Status) int {
	order := []roster.Status{
		roster.NeverSeen, roster.Ready, roster.Live, roster.Updating, roster.RolledBack,
		roster.Offline, roster.Degraded, roster.Quarantined,
	}
	for i, s := range order {
		if s == status {
			return i
		}
	}
	return 0
}
