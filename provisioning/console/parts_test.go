package console

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

func TestACellShowsTheWorstOfItsQuarter(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC) }
	spans := []book.Span{
		{Status: roster.Ready, Begin: at(0), End: at(20)}, {Status: roster.Offline, Begin: at(20), End: at(21)},
		{Status: roster.Live, Begin: at(21), End: at(45)}, {Status: roster.Degraded, Begin: at(45), End: at(50)},
	}
	for minute, want := range map[int]string{0: "ready", 15: "offline", 30: "live", 45: "degraded", 50: noStatus} {
		until := minute + 15
		if minute == 50 {
			until = 59
		}
		if got := worstWithin(spans, at(minute), at(until)); got != want {
			t.Errorf("from minute %d: %s, want %s", minute, got, want)
		}
	}
}

// A day of a change of clocks has 23 or 25 hours, and the week shows seven days
// of the reader's calendar.
func TestTheWeekFollowsTheReadersCalendar(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 27, 12, 0, 0, 0, zone) // two days after the clocks went back
	say := words.Dictionary(tables(t)).Speaker("en", zone, now)
	view := viewTimes(say, []book.Span{{Status: roster.Ready, Begin: now.AddDate(0, 0, -9), End: now}})
	if len(view.Week) != daysShown || !strings.HasPrefix(view.Week[0].Name, "Wed 21 Oct") || !strings.HasPrefix(view.Week[6].Name, "Tue 27 Oct") {
		t.Errorf("%+v", view.Week)
	}
	day := cells(say, nil, time.Date(2026, 10, 25, 0, 0, 0, 0, zone), time.Date(2026, 10, 26, 0, 0, 0, 0, zone))
	if len(day) != 100 {
		t.Errorf("the long day has %d quarters, want 100", len(day))
	}
}

// Colour is never the only sign: each status has a letter of its own in every
// language, and those that need a look have a weave.
func TestStatusesDifferWithoutColour(t *testing.T) {
	for lang, table := range tables(t) {
		letters := map[string]bool{}
		for _, status := range roster.Statuses() {
			letters[table["letter."+string(status)]] = true
		}
		if len(letters) != len(roster.Statuses()) {
			t.Errorf("%s: %d letters for %d statuses", lang, len(letters), len(roster.Statuses()))
		}
	}
	tc := newConsole(t, nil)
	tc.believable(5, time.Now())
	page := tc.ask(anna, "/box/bank-a/SB-100000", nil).Body.String()
	for _, status := range []roster.Status{roster.Degraded, roster.Offline, roster.Updating, roster.RolledBack, roster.Quarantined, roster.NeverSeen} {
		if !strings.Contains(page, `<pattern id="p-`+string(status)+`"`) {
			t.Errorf("no weave for %s", status)
		}
	}
}

func TestMissingEventsAreShownWhereTheyAreMissing(t *testing.T) {
	tc := walled(t)
	now := time.Now()
	for _, n := range []uint64{10, 11, 15} {
		e := contract.Event{V: 1, Epoch: "f", N: n, TS: now.Unix(), Code: "started", Sev: "info"}
		tc.book.Keep(roster.Update{Tenant: "bank-a", Box: "SB-000001", At: now.Add(time.Duration(n) * time.Second), Event: &e})
	}
	tc.flush()
	page := tc.ask(vera, "/box/bank-a/SB-000001", nil).Body.String()
	if strings.Count(page, `class="gap"`) != 1 || !strings.Contains(page, "3 events are missing here") {
		t.Errorf("%d gaps", strings.Count(page, `class="gap"`))
	}
}

func TestBoxDeadAndStreamDeadAreDifferentWords(t *testing.T) {
	say := words.Dictionary(tables(t)).Speaker("en", time.UTC, time.Now())
	stream := verdict(say, roster.Box{Status: roster.Degraded, On: true, OnAir: true, StreamDead: true})
	box := verdict(say, roster.Box{Status: roster.Offline, Causes: []string{"box_lost"}})
	onAir := verdict(say, roster.Box{Status: roster.Offline, OnAir: true, Causes: []string{"box_lost"}})
	if !strings.Contains(stream, "box is alive") || !strings.Contains(box, "box itself is silent") || !strings.Contains(onAir, "was on air") {
		t.Errorf("%q, %q, %q", stream, box, onAir)
	}
}

func TestWantAndGotAreCompared(t *testing.T) {
	say := words.Dictionary(tables(t)).Speaker("en", time.UTC, time.Now())
	want := &contract.Want{Rev: 5, Health: 60, Ceiling: 6000}
	for name, c := range map[string]struct {
		got  *contract.Got
		tone string
	}{
		"no answer":    {nil, "info"},
		"an older one": {&contract.Got{Rev: 4, OK: 1}, "info"},
		"all in force": {&contract.Got{Rev: 5, OK: 1}, "well"},
		"one refused":  {&contract.Got{Rev: 5, No: []contract.Denied{{Set: "ceiling", Why: contract.RefusedArg}}}, "warn"},
		"all refused":  {&contract.Got{Rev: 5, No: []contract.Denied{{Set: "*", Why: contract.RefusedSignature}}}, "fault"},
	} {
		view := viewSettings(say, roster.Box{Want: want, Got: c.got})
		if view.Tone != c.tone || len(view.Lines) != 2 {
			t.Errorf("%s: %+v", name, view)
		}
	}
	if view := viewSettings(say, roster.Box{}); view.Tone != "none" || view.State == "" {
		t.Errorf("%+v", view)
	}
}

func TestATrailKeepsADayOfMeansAndItsGaps(t *testing.T) {
	v := NewVitals()
	begin := time.Unix(1_800_000_000, 0).Truncate(trailStep)
	take := func(at time.Time, cpu, kbps int) {
		v.Take(roster.Update{Tenant: "a", Box: "b", At: at, Health: &contract.Health{CPU: cpu, RTT: contract.Unknown, Up: contract.Up{Kbps: kbps}}})
	}
	for i := range 60 {
		take(begin.Add(time.Duration(i)*time.Minute), 10+i/30*20, 6000)
	}
	take(begin.Add(3*time.Hour), 77, 0)
	got := v.Of("a", "b", begin.Add(3*time.Hour))
	tail := got[0][len(got[0])-7:]
	for i, want := range []float64{10, 30, math.NaN(), math.NaN(), math.NaN(), math.NaN(), 77} {
		if tail[i] != want && !(math.IsNaN(tail[i]) && math.IsNaN(want)) {
			t.Errorf("processor %v", tail)
			break
		}
	}
	if rate := got[2][len(got[2])-7]; math.Abs(rate-6000) > 32 {
		t.Errorf("rate %v", rate)
	}
	if slices.ContainsFunc(got[3], func(f float64) bool { return !math.IsNaN(f) }) {
		t.Errorf("what the box cannot tell has figures: %v", got[3])
	}
	later := v.Of("a", "b", begin.Add(100*time.Hour))
	if slices.ContainsFunc(later[0], func(f float64) bool { return !math.IsNaN(f) }) {
		t.Errorf("four days later: %v", later[0])
	}
	if v.Of("a", "other", begin) != nil {
		t.Error("a box that never spoke has a trail")
	}
}

// Only what changed is sent to a live page, and the order of rows only when it
// changed.
func TestALivePageGetsOnlyWhatItDoesNotHave(t *testing.T) {
	s := &stream{seen: map[string]string{"a": "1", "b": "1"}}
	part := func(slot, id, print string) rendered {
		return rendered{slot: slot, id: id, print: print, html: []byte(print)}
	}
	first := s.changes([]rendered{part("strip", "a", "1"), part("rows", "b", "2")})
	if len(first.Parts) != 1 || first.Parts["b"] != "2" || !slices.Equal(first.Slots["rows"], []string{"b"}) {
		t.Errorf("%+v", first)
	}
	second := s.changes([]rendered{part("strip", "a", "1"), part("rows", "b", "2")})
	if len(second.Parts) != 0 || len(second.Slots) != 0 {
		t.Errorf("%+v", second)
	}
	third := s.changes([]rendered{part("strip", "a", "3"), part("rows", "c", "1"), part("rows", "b", "2")})
	if len(third.Parts) != 2 || !slices.Equal(third.Slots["rows"], []string{"c", "b"}) {
		t.Errorf("%+v", third)
	}
}

// A live page that has just been loaded is sent nothing that it has.
func TestALivePageIsNotSentTwiceWhatItWasLoadedWith(t *testing.T) {
	now := time.Now()
	tc := newConsole(t, func() time.Time { return now })
	tc.believable(300, now)
	page := tc.ask(anna, "/", nil).Body.String()
	var seen []string
	for _, match := range regexp.MustCompile(`id="([^"]+)"[^>]*data-h="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		seen = append(seen, match[1]+":"+match[2])
	}
	if len(seen) < 12 {
		t.Fatalf("only %d parts on the page", len(seen))
	}
	cold := tc.listen(anna, "/live", 2*time.Second)
	warm := tc.listen(anna, "/live?seen="+strings.Join(seen, ","), 2*time.Second)
	if strings.Contains(warm.body, `"parts":{"`) || len(warm.body) > 2500 {
		t.Errorf("%d bytes although the page has all: %.300s", len(warm.body), warm.body)
	}
	t.Logf("a page that has nothing gets %d bytes, one that was just loaded %d", len(cold.body), len(warm.body))
}

func TestStreamsAreCounted(t *testing.T) {
	s := newStreams()
	for i := range mostUserStreams {
		if !s.enter("anna") {
			t.Fatalf("stream %d is refused", i)
		}
	}
	if s.enter("anna") {
		t.Error("one user opens streams without end")
	}
	if !s.enter("ben") {
		t.Error("another user is refused")
	}
	s.leave("anna")
	if !s.enter("anna") {
		t.Error("a place that was left stays taken")
	}
	for i := 0; s.enter(fmt.Sprint("user", i)); i++ {
		if i > mostStreams {
			t.Fatal("streams have no end")
		}
	}
}

// awayTrend is a database that does not answer, and counts how often it is asked.
type awayTrend struct{ asked int }

func (a *awayTrend) Sparks(context.Context, roster.Scope, time.Time) ([]book.Spark, error) {
	a.asked++
	return nil, errors.New("the database is away")
}

// The present is shown whatever becomes of the past, and a database that is away
// is not asked by every page.
func TestADatabaseThatIsAwayTakesOnlyThePast(t *testing.T) {
	now := time.Now()
	tc := newConsole(t, func() time.Time { return now })
	tc.believable(50, now)
	away := &awayTrend{}
	tc.glances.trend = away
	for range 30 {
		now = now.Add(time.Second)
		if w := tc.ask(anna, "/", nil); w.Code != 200 || !strings.Contains(w.Body.String(), `id="count-live"`) {
			t.Fatalf("%d", w.Code)
		}
	}
	if away.asked != 2 {
		t.Errorf("within 30 s it was asked %d times, want 2", away.asked)
	}
}
