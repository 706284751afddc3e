package panel

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// dictionary is the page's words by language and key. The page's scripts and
// the reports read the same tables.
type dictionary map[string]map[string]string

func loadDictionary(files static) (dictionary, error) {
	all := dictionary{}
	for _, lang := range languages {
		table := map[string]string{}
		if err := json.Unmarshal(files["i18n/"+lang+".json"].body, &table); err != nil {
			return nil, fmt.Errorf("the words in %s: %w", lang, err)
		}
		all[lang] = table
	}
	return all, nil
}

// loadKinds is what each reason means to a person; the page's chart reads the
// same file.
func loadKinds(files static) (map[string]string, error) {
	kinds := map[string]string{}
	if err := json.Unmarshal(files["kinds.json"].body, &kinds); err != nil {
		return nil, fmt.Errorf("the kinds of reasons: %w", err)
	}
	return kinds, nil
}

// speaker writes words and figures for one reader.
type speaker struct {
	lang  string
	table map[string]string
	zone  *time.Location
}

// say is the text of a key, with its placeholders filled in from pairs of name
// and value. An unknown key is shown as it is.
func (s speaker) say(key string, pairs ...string) string {
	text, known := s.table[key]
	if !known {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text
}

// reason puts a code into words; a code that is unknown here is shown as it is.
func (s speaker) reason(code string) string {
	if text, known := s.table["reason."+code]; known {
		return text
	}
	return code
}

// rate writes kbit/s in the unit that people know from their contract.
func (s speaker) rate(kbps int) string { return s.mbit(kbps) + " Mbit/s" }

func (s speaker) mbit(kbps int) string {
	digits := 2
	if kbps >= 10_000 {
		digits = 1
	}
	return strconv.FormatFloat(float64(kbps)/1000, 'f', digits, 64)
}

func (s speaker) change(from, to int) string {
	return s.say("rate.change", "from", s.mbit(from), "to", s.rate(to))
}

// span writes a length of time: tenths of a second below ten seconds.
func (s speaker) span(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	switch {
	case d < 10*time.Second-50*time.Millisecond && d.Round(100*time.Millisecond) > 0:
		return s.say("time.s", "s", strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', 1, 64))
	case seconds < 60:
		return s.say("time.s", "s", strconv.Itoa(seconds))
	case seconds < 3600:
		return s.say("time.m", "m", strconv.Itoa(seconds/60), "s", strconv.Itoa(seconds%60))
	}
	return s.say("time.h", "h", strconv.Itoa(seconds/3600), "m", strconv.Itoa(seconds%3600/60))
}

// bytes writes a volume in MB or GB of a thousand each, as contracts do.
func (s speaker) bytes(n int64) string {
	mega := float64(n) / 1e6
	switch {
	case mega >= 1000:
		return strconv.FormatFloat(mega/1000, 'f', 2, 64) + " GB"
	case mega >= 10:
		return strconv.FormatFloat(mega, 'f', 0, 64) + " MB"
	}
	return strconv.FormatFloat(mega, 'f', 1, 64) + " MB"
}

func (s speaker) percent(share float64) string {
	if share > 0 && share < 0.01 {
		return "<1 %"
	}
	return strconv.Itoa(int(math.Round(share*100))) + " %"
}

func (s speaker) clock(t time.Time) string  { return t.In(s.zone).Format("15:04:05") }
func (s speaker) minute(t time.Time) string { return t.In(s.zone).Format("15:04") }

var weekdays = map[string][7]string{
	"ja": {"日", "月", "火", "水", "木", "金", "土"},
	"zh": {"周日", "周一", "周二", "周三", "周四", "周五", "周六"},
}

func (s speaker) day(t time.Time) string {
	t = t.In(s.zone)
	switch s.lang {
	case "ja", "zh":
		return fmt.Sprintf("%d年%d月%d日（%s）", t.Year(), t.Month(), t.Day(), weekdays[s.lang][t.Weekday()])
	}
	return t.Format("Monday, 2 January 2006")
}

// zoneName is the difference to universal time, which everybody can read.
func (s speaker) zoneName(at time.Time) string { return "UTC" + at.In(s.zone).Format("-07:00") }
