package console

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/language"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/condition"
)

func tables(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, lang := range language.All() {
		file, err := web.ReadFile("web/i18n/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		table := map[string]string{}
		if err := json.Unmarshal(file, &table); err != nil {
			t.Fatalf("%s: %v", lang, err)
		}
		all[lang] = table
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

func TestEveryLanguageHasEveryText(t *testing.T) {
	all := tables(t)
	for lang, table := range all {
		for key, english := range all["en"] {
			text, ok := table[key]
			if !ok || text == "" {
				t.Errorf("%s has no text for %s", lang, key)
			}
			want, got := placeholder.FindAllString(english, -1), placeholder.FindAllString(text, -1)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("%s %s fills in %v, English %v", lang, key, got, want)
			}
		}
		for key := range table {
			if _, ok := all["en"][key]; !ok {
				t.Errorf("only %s knows %s", lang, key)
			}
		}
	}
}

var halfWidth = regexp.MustCompile(`[ぁ-んァ-ヶ一-龠][,.!?:;()]|[,!?:;()][ぁ-んァ-ヶ一-龠]`)

func TestJapaneseAndChineseHaveTheirOwnPunctuation(t *testing.T) {
	for _, lang := range []string{"ja", "zh"} {
		for key, text := range tables(t)[lang] {
			if halfWidth.MatchString(text) {
				t.Errorf("%s %s has half-width punctuation: %q", lang, key, text)
			}
		}
	}
}

var (
	saysKey    = regexp.MustCompile(`Say "([a-z0-9_.]+)"`)
	refusalsIn = regexp.MustCompile(`Refused\w+\s+Refusal = "(\w+)"`)
	ownRefusal = regexp.MustCompile(`refused\w+\s+contract\.Refusal = "(\w+)"`)
	eventsIn   = regexp.MustCompile(`Event\w+\s+= "(\w+)"`)
	otaIn      = regexp.MustCompile(`OTA\w+\s+= "(\w+)"`)
)

func found(t *testing.T, file string, pattern *regexp.Regexp, least int) []string {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, match := range pattern.FindAllSubmatch(source, -1) {
		all = append(all, string(match[1]))
	}
	if len(all) < least {
		t.Fatalf("%s: only %d codes found: has the pattern grown old?", file, len(all))
	}
	return all
}

// Whatever a box, a person or this console can say, there are words for it.
func TestEveryCodeHasWords(t *testing.T) {
	keys := []string{refusalKey(refusedRole), refusalKey(refusedOther), refusalKey(refusedSame), refusalKey(refusedNoDraft)}
	add := func(prefix string, codes ...string) {
		for _, code := range codes {
			keys = append(keys, prefix+"."+code)
		}
	}
	for _, status := range append(roster.Statuses(), noStatus) {
		add("status", string(status))
		add("letter", string(status))
		if status != noStatus {
			add("verdict", string(status))
		}
	}
	add("verdict", "stream_dead", "box_lost", "box_lost_live")
	add("refusal", found(t, "../contract/command.go", refusalsIn, 20)...)
	add("refusal", found(t, "take.go", ownRefusal, 5)...)
	add("event", found(t, "../contract/event.go", eventsIn, 6)...)
	add("ota", found(t, "../contract/want.go", otaIn, 6)...)
	for _, op := range contract.Ops() {
		for _, prefix := range []string{"op", "hint", "ask.op"} {
			add(prefix, string(op))
		}
	}
	for _, class := range contract.Classes() {
		add("class", string(class))
	}
	add("cmd", commandStates()...)
	add("said", stageSent, stageWaiting, stageDraft)
	add("set", "health", "floor", "ceiling", "release", "window")
	for _, tone := range []string{"fault", "warn", "info", "well", "none"} {
		add("tone", tone)
	}
	add("session", "idle", "checking", "countdown", "starting", "live", "degraded", "reconnecting", "stopping", "fault", "notready",
		contract.StSetup, contract.StShutdown, contract.StLost)
	add("sort", "", "business", "place", "network", "version", "status", "since", "seen")
	for _, kind := range vitals() {
		keys = append(keys, kind.name, kind.unit)
	}
	pages, err := fs.Glob(web, "web/pages/*.html")
	if err != nil || len(pages) < 5 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		keys = append(keys, found(t, page, saysKey, 1)...)
	}
	for lang, table := range tables(t) {
		for _, key := range keys {
			if table[key] == "" {
				t.Errorf("%s has no words for %s", lang, key)
			}
		}
	}
}

func refusalKey(why contract.Refusal) string { return "refusal." + string(why) }

func commandStates() []string {
	return []string{"sent", stageWaiting, stageSilent, contract.AckAccepted, contract.AckDone, contract.AckRefused, contract.AckFailed}
}

// Every condition says what is wrong, what to do and what it concerns.
func TestEveryCauseHasWordsInEveryLanguage(t *testing.T) {
	codes := []string{roster.UpdateUndone, roster.UpdateFailed}
	for _, d := range condition.All() {
		codes = append(codes, d.Code)
	}
	dictionary := words.Dictionary(tables(t))
	for _, lang := range language.All() {
		say := dictionary.Speaker(lang, time.UTC, time.Now())
		for _, code := range codes {
			got := tell(code, say)
			if got.Title == "" || got.Title == code || got.Todo == "" || strings.HasPrefix(got.Todo, "cause.") {
				t.Errorf("%s %s: %+v", lang, code, got)
			}
			if d, ok := condition.Of(code); ok && say.Say("concerns."+string(d.Concerns)) == "concerns."+string(d.Concerns) {
				t.Errorf("%s: no words for what %s concerns", lang, code)
			}
		}
		if got := tell("never_heard_of", say); got.Title != "never_heard_of" || got.Todo == "" {
			t.Errorf("%s: an unknown code: %+v", lang, got)
		}
	}
}

// Every key that the Go files name is in the files of texts.
func TestEveryTextThatTheProgramAsksForIsThere(t *testing.T) {
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`(?:Say|add)\("([a-z]+(?:\.[a-z0-9_.]+)?)"`)
	english := tables(t)["en"]
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, key := range found(t, file, literal, 0) {
			_, ok := english[key]
			if prefix := strings.HasSuffix(key, "."); !ok && !prefix && !slices.Contains([]string{"health", "floor", "ceiling", "release", "window"}, key) {
				t.Errorf("%s asks for %q", file, key)
			}
		}
	}
}
