package words

import (
	"fmt"
	"html/template"
	"strconv"
	"time"
)

// Ago is how long ago a moment was, coarser the longer it is: an ops page is
// read for "minutes or days?", and a text that changes each second is noise.
func (s Speaker) Ago(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return s.Span(s.Now.Sub(t))
}

// Span writes a length of time in at most two units.
func (s Speaker) Span(d time.Duration) string {
	minutes := int(d.Minutes())
	switch {
	case minutes < 1:
		return s.Say("span.now")
	case minutes < 60:
		return s.Say("span.m", "m", strconv.Itoa(minutes))
	case minutes < 24*60:
		return s.Say("span.h", "h", strconv.Itoa(minutes/60), "m", strconv.Itoa(minutes%60))
	case minutes < 10*24*60:
		return s.Say("span.d", "d", strconv.Itoa(minutes/(24*60)), "h", strconv.Itoa(minutes/60%24))
	}
	return s.Say("span.days", "d", strconv.Itoa(minutes/(24*60)))
}

// Clock is the time of day in the reader's zone.
func (s Speaker) Clock(t time.Time) string { return t.In(s.Zone).Format("15:04") }

// Moment is the time of day of today's moments, and day and time of others, all
// in the reader's zone.
func (s Speaker) Moment(t time.Time) string {
	local, now := t.In(s.Zone), s.Now.In(s.Zone)
	if local.Year() == now.Year() && local.YearDay() == now.YearDay() {
		return local.Format("15:04:05")
	}
	return s.Day(t) + local.Format(" 15:04")
}

var weekdays = map[string][7]string{
	"en": {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	"ja": {"日", "月", "火", "水", "木", "金", "土"},
	"zh": {"周日", "周一", "周二", "周三", "周四", "周五", "周六"},
}

// Day is a short date in the reader's zone; the year is told when it is not this one.
func (s Speaker) Day(t time.Time) string {
	local := t.In(s.Zone)
	other := local.Year() != s.Now.In(s.Zone).Year()
	if s.Lang == "ja" || s.Lang == "zh" {
		if other {
			return local.Format("2006/1/2")
		}
		return local.Format("1/2")
	}
	if other {
		return local.Format("2 Jan 2006")
	}
	return local.Format("2 Jan")
}

// Weekday is the short name of a moment's day in the reader's zone.
func (s Speaker) Weekday(t time.Time) string { return weekdays[s.Lang][t.In(s.Zone).Weekday()] }

// Universal is a moment in universal time, to the second.
func Universal(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Stamp is a moment as an element: the reader's time to see, universal time on hover.
func (s Speaker) Stamp(t time.Time) template.HTML { return element(t, s.Moment(t)) }

// Since is an age as an element: how long ago to see, universal time on hover.
func (s Speaker) Since(t time.Time) template.HTML { return element(t, s.Ago(t)) }

func element(t time.Time, text string) template.HTML {
	if t.IsZero() {
		return "–"
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, // two formats of a time and an escaped text
		t.UTC().Format(time.RFC3339), Universal(t), template.HTMLEscapeString(text)))
}

// ZoneName is the reader's zone as a difference to universal time.
func (s Speaker) ZoneName() string { return "UTC" + s.Now.In(s.Zone).Format("-07:00") }
