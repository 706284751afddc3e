package words

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func speaker(lang string, zone *time.Location) Speaker {
	table := map[string]string{
		"span.now": "now", "span.m": "{m} min", "span.h": "{h} h {m} min", "span.d": "{d} d {h} h", "span.days": "{d} d", "code.a": "A",
	}
	return Dictionary{lang: table}.Speaker(lang, zone, time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC))
}

func TestAgesAreCoarserTheLongerTheyAre(t *testing.T) {
	s := speaker("en", time.UTC)
	for span, want := range map[time.Duration]string{
		-time.Hour: "now", 59 * time.Second: "now", 61 * time.Second: "1 min", 59 * time.Minute: "59 min", 125 * time.Minute: "2 h 5 min",
		49 * time.Hour: "2 d 1 h", 300 * time.Hour: "12 d",
	} {
		if got := s.Span(span); got != want {
			t.Errorf("%v: %s, want %s", span, got, want)
		}
	}
	if s.Ago(time.Time{}) != "–" {
		t.Error("never is an age")
	}
}

func TestTimesAreTheReadersAndUniversalOnHover(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	s := speaker("ja", tokyo)
	at := time.Date(2026, 11, 21, 17, 30, 5, 0, time.UTC)
	if got := string(s.Stamp(at)); got != `<time datetime="2026-11-21T17:30:05Z" title="2026-11-21 17:30:05 UTC">02:30:05</time>` {
		t.Error(got)
	}
	if got := s.Moment(at.AddDate(0, 0, -3)); got != "11/19 02:30" {
		t.Error(got)
	}
	if got := s.Day(at.AddDate(-1, 0, 0)); got != "2025/11/22" {
		t.Error(got)
	}
	if got := s.ZoneName(); got != "UTC+09:00" {
		t.Error(got)
	}
}

func TestNumbersAreReadable(t *testing.T) {
	s := speaker("en", time.UTC)
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := s.Number(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	if s.Signed(5)+s.Signed(-5)+s.Signed(0) != "+5−5±0" {
		t.Error(s.Signed(5), s.Signed(-5), s.Signed(0))
	}
	if s.Code("code", "a") != "A" || s.Code("code", "b") != "b" || s.Say("nothing") != "nothing" {
		t.Error("codes without words are not shown as they are")
	}
}

func TestAFileThatIsMissingOrBrokenIsNamed(t *testing.T) {
	if _, err := Load(fstest.MapFS{"en.json": {Data: []byte("{}")}}); err == nil || !strings.Contains(err.Error(), "ja") {
		t.Error(err)
	}
	if _, err := Load(fstest.MapFS{"en.json": {Data: []byte("{")}}); err == nil || !strings.Contains(err.Error(), "en") {
		t.Error(err)
	}
}
