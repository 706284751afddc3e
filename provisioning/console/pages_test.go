package console

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

func TestAnAddressIsAFilterAndTheOtherWayRound(t *testing.T) {
	for _, f := range []roster.Filter{
		{}, {Text: "gold & silver = 1", Status: "live"}, {Cause: "uplink_dead", Network: "ネット 東", Version: "1.8.2+a"}, {Tenant: "bank-a", Sort: roster.BySeen},
	} {
		at, err := url.Parse(filterPath(f))
		if err != nil {
			t.Fatal(err)
		}
		if got := readFilter(at.Query()); got != f {
			t.Errorf("%s reads as %+v, want %+v", at, got, f)
		}
	}
	if got := readFilter(url.Values{"q": {strings.Repeat("語", 10_000)}}); len(got.Text) > 200 || strings.ContainsRune(got.Text, '\ufffd') {
		t.Errorf("a long text stays %d bytes", len(got.Text))
	}
}

func TestEachCountLeadsToTheBoxesThatItCounts(t *testing.T) {
	tc := newConsole(t, nil)
	tc.believable(1200, time.Now())
	page := tc.ask(anna, "/", nil).Body.String()
	for status, n := range tc.roster.Counts(roster.Scope{All: true}) {
		path := "/boxes?status=" + string(status)
		if !strings.Contains(page, `href="`+path+`"`) {
			t.Errorf("no link to %s", path)
		}
		if list := tc.ask(anna, path, nil).Body.String(); !strings.Contains(list, fmt.Sprintf(`data-h="%s">%d boxes`, printOf(list, "total"), n)) && n < 1000 {
			t.Errorf("%s does not say %d boxes", path, n)
		}
	}
}

// printOf is the fingerprint of a part on a page.
func printOf(page, id string) string {
	_, rest, _ := strings.Cut(page, `id="`+id+`"`)
	_, rest, _ = strings.Cut(rest, `data-h="`)
	print, _, _ := strings.Cut(rest, `"`)
	return print
}

func TestPagingShowsEveryBoxOnce(t *testing.T) {
	tc := newConsole(t, nil)
	tc.believable(333, time.Now())
	seen := map[string]int{}
	path := "/boxes?sort=business"
	for range 20 {
		page := tc.ask(anna, path, nil).Body.String()
		for _, piece := range strings.Split(page, `<tr id="b-`)[1:] {
			id, _, _ := strings.Cut(piece, `"`)
			seen[id]++
		}
		before, _, more := strings.Cut(page, `" rel="next"`)
		if !more {
			break
		}
		path = strings.ReplaceAll(before[strings.LastIndex(before, `href="`)+6:], "&amp;", "&")
	}
	if len(seen) != 333 {
		t.Errorf("%d boxes of 333", len(seen))
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s shows %d times", id, n)
		}
	}
}

func TestTheFileHoldsWhatTheFilterAndTheScopeShowAndNoFormula(t *testing.T) {
	tc := newConsole(t, nil)
	now := time.Now()
	nasty := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "|calc", "\u3000=1", "%x"}
	for i, name := range nasty {
		tc.roster.List(now, roster.Listed{Tenant: "bank-a", Box: fmt.Sprintf("SB-%06d", i), Business: name, Place: `a "quoted", place`, At: now})
	}
	tc.roster.List(now, roster.Listed{Tenant: "bank-b", Box: "SB-000099", Business: "other", At: now})
	body := strings.TrimPrefix(tc.ask(vera, "/boxes.csv", nil).Body.String(), "\ufeff")
	lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(lines) != 1+len(nasty) {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for _, line := range lines[1:] {
		if line[2][0] != '\'' {
			t.Errorf("a spreadsheet takes %q for a formula", line[2])
		}
		if line[3] != `a "quoted", place` {
			t.Errorf("%q", line[3])
		}
	}
	one := tc.ask(vera, "/boxes.csv?q=SB-000003", nil)
	if got := strings.Count(one.Body.String(), "\n"); got != 2 {
		t.Errorf("the filter leaves %d lines, want 2", got)
	}
	if kind := one.Header().Get("Content-Disposition"); !strings.HasPrefix(kind, "attachment; filename=") {
		t.Errorf("%q", kind)
	}
}

func TestRowsAreTakenSeenAndMutedByThoseWhoMay(t *testing.T) {
	tc := walled(t)
	bank := roster.Scope{Tenant: "bank-a"}
	key := tc.roster.Attention(bank, time.Now()).Rows[0].Key
	mark := func(do, value string) int {
		return tc.ask(olga, "/attention", url.Values{"row": {key}, do: {value}, "back": {"/"}}).Code
	}
	if code := mark("do", "take"); code != http.StatusSeeOther {
		t.Fatalf("take: %d", code)
	}
	if page := tc.ask(vera, "/", nil).Body.String(); !strings.Contains(page, "Olga (olga) looks after it") {
		t.Error("the others do not read who took the row")
	}
	mark("do", "ack")
	if page := tc.ask(olga, "/", nil).Body.String(); !strings.Contains(page, "You look after it") || !strings.Contains(page, "Seen by Olga") {
		t.Error("the page does not say that the row is taken and seen")
	}
	if page := tc.ask(anna, "/", nil).Body.String(); strings.Contains(page, "Olga") {
		t.Error("a bank's mark shows at central ops")
	}
	mark("do", "drop")
	mark("mute", "8")
	if a := tc.roster.Attention(bank, time.Now()); len(a.Rows) != 0 || a.Muted != 1 {
		t.Errorf("muted: %+v", a)
	}
	kept := 0
	_, err := tc.book.Changes(t.Context(), 0, book.Reader{Mark: func(roster.Scope, roster.Mark) { kept++ }})
	if err != nil || kept != 1 {
		t.Errorf("the book has %d marks, %v", kept, err)
	}
	if page := tc.ask(olga, "/", nil).Body.String(); !strings.Contains(page, "Muted until") || !strings.Contains(page, "Unmute") {
		t.Error("the page does not offer to unmute what is muted")
	}
	mark("mute", "0")
	if a := tc.roster.Attention(bank, time.Now()); len(a.Rows) != 1 || a.Muted != 0 {
		t.Errorf("unmuted: %+v", a)
	}
	for do, value := range map[string]string{"do": "dance", "mute": "100000", "hours": "1"} {
		if code := mark(do, value); code != http.StatusBadRequest {
			t.Errorf("%s=%s: %d", do, value, code)
		}
	}
}

func TestEveryAnswerKeepsBrowsersStrict(t *testing.T) {
	tc := walled(t)
	for _, path := range []string{"/", "/boxes", "/nowhere", "/static/app.css", "/box/bank-a/SB-000001", "/boxes.csv"} {
		header := tc.ask(anna, path, nil).Header()
		policy := header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, header)
		}
		if !strings.HasPrefix(path, "/static") && header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept by a cache: %q", path, header.Get("Cache-Control"))
		}
	}
}

func TestAForeignNameIsNotAnswered(t *testing.T) {
	tc := walled(t)
	for host, want := range map[string]int{"127.0.0.1:8080": 200, "LOCALHOST": 200, "evil.example.net": 421, "127.0.0.1.evil.example.net": 421, "": 421} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		r.AddCookie(&http.Cookie{Name: "who", Value: "anna"})
		w := httptest.NewRecorder()
		tc.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %q: %d, want %d", host, w.Code, want)
		}
	}
}

func TestTheWayBackStaysOnThisConsole(t *testing.T) {
	for back, want := range map[string]string{
		"/boxes?q=1": "/boxes?q=1", "": "/", "https://evil.example.net/": "/", "//evil.example.net": "/", "/\\evil.example.net": "/",
		"boxes": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x=1": "/",
	} {
		if got := inside(back); got != want {
			t.Errorf("%q leads to %q, want %q", back, got, want)
		}
	}
}

// What a box or a list says is text, whatever it looks like.
func TestNothingThatABoxSaysBecomesMarkup(t *testing.T) {
	tc := newConsole(t, nil)
	now := time.Now()
	const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>"'`
	tc.roster.Hear(now.Add(-time.Hour), now.Add(-time.Hour))
	tc.roster.List(now, roster.Listed{Tenant: "bank-a", Box: "SB-000001", Business: evil, Place: evil, Network: evil, At: now})
	tc.say("bank-a", "SB-000001", now,
		roster.Update{State: &contract.State{V: 1, On: 1, St: evil, Boot: "0011aabb"}},
		roster.Update{Info: &contract.Info{V: 1, SW: evil, Model: evil, Ser: evil, Slot: evil}},
		roster.Update{Health: &contract.Health{V: 1, TS: now.Unix(), St: evil, Al: []string{evil}}},
		roster.Update{OTA: &contract.OTA{V: 1, St: evil, To: evil}},
		roster.Update{Event: &contract.Event{V: 1, Epoch: "e", N: 1, Code: evil, Sev: evil, Det: evil, By: evil}})
	tc.flush()
	for _, path := range []string{"/", "/boxes?q=" + url.QueryEscape(evil), "/boxes", "/box/bank-a/SB-000001", "/boxes?network=" + url.QueryEscape(evil)} {
		body := tc.ask(anna, path, nil).Body.String()
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
			t.Errorf("%s holds markup of a box", path)
		}
	}
}

// A console that hears nothing says so on every page: an old picture must not
// pass for the present one.
func TestAConsoleThatHearsNothingSaysSo(t *testing.T) {
	tc := walled(t)
	since := time.Now().Add(-17 * time.Minute)
	heard := true
	tc.cfg.Hearing = func() Hearing { return Hearing{OK: heard, Since: since} }
	if page := tc.ask(anna, "/", nil).Body.String(); strings.Contains(page, "hears nothing") {
		t.Error("a console that hears says that it does not")
	}
	heard = false
	for _, path := range []string{"/", "/boxes", "/box/bank-a/SB-000001"} {
		if page := tc.ask(anna, path, nil).Body.String(); !strings.Contains(page, "hears nothing from the broker") || !strings.Contains(page, "17 min ago") {
			t.Errorf("%s does not say that nothing is heard", path)
		}
	}
	if live := tc.listen(anna, "/live", 2*time.Second); !strings.Contains(live.body, "hears nothing") {
		t.Error("an open page is not told")
	}
}

// A console that never reached its broker has no time since when it is deaf.
func TestAConsoleThatWasNeverConnectedSaysWhyAndNotSinceWhen(t *testing.T) {
	tc := walled(t)
	tc.cfg.Hearing = func() Hearing { return Hearing{Why: "broker tcp://b:1883: nothing listens there"} }
	page := tc.ask(anna, "/", nil).Body.String()
	if !strings.Contains(page, "not been connected to its broker since its start") || !strings.Contains(page, "broker tcp://b:1883: nothing listens there") {
		t.Error("the page does not say why nothing is heard")
	}
	if strings.Contains(page, "Jan 0001") || strings.Contains(page, "1/1 00:00") {
		t.Error("the page tells of the year 1")
	}
	tc.cfg.Hearing = func() Hearing { return Hearing{} }
	if page := tc.ask(anna, "/", nil).Body.String(); !strings.Contains(page, "not connected to its broker yet") {
		t.Error("a console that has just begun does not say that it is not connected yet")
	}
}
