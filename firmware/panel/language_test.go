package panel

import (
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"studiobox/drivers/indicator"
	"studiobox/firmware/health"
	"studiobox/firmware/showlog"
)

func TestTheBrowsersWishPicksTheLanguage(t *testing.T) {
	for accept, want := range map[string]string{
		"": "en", "*": "en", "de-DE,de;q=0.9": "en",
		"ja": "ja", "ja-JP,en;q=0.5": "ja", "JA": "ja", "en-US,ja;q=0.9": "en",
		"zh-TW;q=0.8, ja;q=0.3": "zh", "fr;q=1, zh-Hans-CN;q=0.2": "zh", "ja;q=0, zh;q=0.1": "zh",
		"ja;q=nonsense": "en", "ja ; q=0.4 , en ; q=0.3": "ja",
	} {
		if got := pickLanguage(accept); got != want {
			t.Errorf("Accept-Language %q: %s, want %s", accept, got, want)
		}
	}
}

func TestTheFirstPageAlreadyHasTheLanguage(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	for _, lang := range languages {
		response := asked{method: "GET", path: "/", headers: map[string]string{"Accept-Language": lang}}.of(page)
		body, _ := io.ReadAll(response.Body)
		if !strings.Contains(string(body), `<html lang="`+lang+`"`) {
			t.Errorf("%s: the page says %.60s", lang, body)
		}
		tag := response.Header.Get("ETag")
		again := asked{method: "GET", path: "/", headers: map[string]string{"Accept-Language": lang, "If-None-Match": tag}}.of(page)
		if again.StatusCode != 304 {
			t.Errorf("%s: an unchanged page is sent again: %s", lang, again.Status)
		}
	}
}

func tables(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, lang := range languages {
		file, err := web.ReadFile("web/i18n/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var table map[string]string
		if err := json.Unmarshal(file, &table); err != nil {
			t.Fatalf("%s: %v", lang, err)
		}
		all[lang] = table
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

func TestAllLanguagesSayTheSame(t *testing.T) {
	all := tables(t)
	for lang, table := range all {
		for key, english := range all["en"] {
			text, found := table[key]
			if !found || strings.TrimSpace(text) == "" {
				t.Errorf("%s has no text for %s", lang, key)
			}
			want, got := placeholder.FindAllString(english, -1), placeholder.FindAllString(text, -1)
			if !slices.Equal(want, got) {
				t.Errorf("%s %s fills in %v, English %v", lang, key, got, want)
			}
		}
		for key := range table {
			if _, found := all["en"][key]; !found {
				t.Errorf("only %s knows %s", lang, key)
			}
		}
	}
}

// Whatever a code of the box can be, the page has words for it.
func TestEveryCodeHasWords(t *testing.T) {
	var keys []string
	for _, state := range []string{"idle", "checking", "countdown", "starting", "live", "degraded", "reconnecting", "stopping", "fault", "notready", "gone"} {
		keys = append(keys, "state."+state+".title", "state."+state+".hint")
	}
	for _, pattern := range indicator.Patterns() {
		keys = append(keys, "lamp."+pattern.Name)
	}
	for _, reason := range reasons(t) {
		keys = append(keys, "reason."+reason)
	}
	for _, kind := range kindNames {
		keys = append(keys, "kind."+kind)
	}
	for _, check := range health.Gate(health.Facts{}) {
		keys = append(keys, "check."+check.Code)
	}
	for _, severity := range []string{health.Info, health.Warn, health.Fault} {
		keys = append(keys, "severity."+severity)
	}
	for _, state := range []tileState{tileWaiting, tileH265, tileBFrames} {
		keys = append(keys, "tile."+string(state))
	}
	keys = append(keys, refusalKeys(t)...)
	for lang, table := range tables(t) {
		for _, key := range keys {
			if table[key] == "" {
				t.Errorf("%s has no words for %s", lang, key)
			}
		}
	}
}

var reasonCode = regexp.MustCompile(`Reason = "(\w+)"`)

// reasons are the codes that the rate decision's own source names, and those
// that are foreseen or come from elsewhere.
func reasons(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../../uplink/rate/decision.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := []string{"skip", "probe_rtt", showlog.NoPicture}
	for _, match := range reasonCode.FindAllSubmatch(source, -1) {
		codes = append(codes, string(match[1]))
	}
	if len(codes) < 12 {
		t.Fatalf("found only %d reasons in the source: has the pattern grown old?", len(codes))
	}
	return codes
}

func TestEveryReasonHasAKindAndEveryKindAColour(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	for _, reason := range reasons(t) {
		if page.kinds[reason] == "" {
			t.Errorf("web/kinds.json does not know %s", reason)
		}
	}
	for reason, kind := range page.kinds {
		if !slices.Contains(kindNames[:], kind) {
			t.Errorf("%s is of the kind %s, which has no colour", reason, kind)
		}
	}
	style, err := web.ReadFile("web/style.css")
	if err != nil {
		t.Fatal(err)
	}
	script, err := web.ReadFile("web/chart.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kindNames {
		if !strings.Contains(string(style), ".k-"+kind+" ") || !strings.Contains(reportStyle, "rect.k-"+kind+" ") || !strings.Contains(string(script), kind+`: "`) {
			t.Errorf("the kind %s lacks a colour in style.css, report.css or chart.js", kind)
		}
	}
}

var saidKey = regexp.MustCompile(`(?:say\(|figure\(|\[\]string\{|, )"([a-z]+\.[A-Za-z]+)"`)

func TestTheReportUsesOnlyWordsThatExist(t *testing.T) {
	english, used := tables(t)["en"], 0
	for _, file := range []string{"words.go", "reportpage.go", "reportchart.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range saidKey.FindAllSubmatch(source, -1) {
			used++
			if english[string(match[1])] == "" {
				t.Errorf("%s uses %s, which has no words", file, match[1])
			}
		}
	}
	if used < 35 {
		t.Errorf("found only %d uses of words: has the pattern grown old?", used)
	}
}

var refused = regexp.MustCompile(`refuse\(w, [\w.]+, "(\w+)"\)`)

// refusalKeys reads from this package's own source which refusals there are.
func refusalKeys(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range refused.FindAllSubmatch(source, -1) {
			codes["error."+string(match[1])] = true
		}
	}
	if len(codes) < 5 {
		t.Fatalf("found only %d refusals in the source: has the pattern grown old?", len(codes))
	}
	return slices.Collect(maps.Keys(codes))
}

var (
	usedKey    = regexp.MustCompile(`(?:data-t(?:-label)?=|\bt\(|\["|quiet = .*\? "" : )"?([a-z]+\.[A-Za-z0-9]+(?:\.[a-z]+)?)"`)
	inlineCode = regexp.MustCompile(`(?i)<script>|\son\w+=|style="|javascript:`)
)

func TestThePageUsesOnlyWordsThatExistAndRunsNoInlineCode(t *testing.T) {
	english, used := tables(t)["en"], 0
	err := fs.WalkDir(web, "web", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(name, "web/i18n/") {
			return err
		}
		body, err := web.ReadFile(name)
		for _, match := range usedKey.FindAllStringSubmatch(string(body), -1) {
			used++
			if english[match[1]] == "" {
				t.Errorf("%s uses %s, which has no words", name, match[1])
			}
		}
		if strings.HasSuffix(name, ".html") && inlineCode.Match(body) {
			t.Errorf("%s has inline code or style, which the Content-Security-Policy forbids", name)
		}
		if strings.Contains(string(body), "innerHTML") || strings.Contains(string(body), "//cdn") {
			t.Errorf("%s makes markup of text, or needs the internet", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if used < 50 {
		t.Errorf("found only %d uses of words: has the pattern grown old?", used)
	}
}
