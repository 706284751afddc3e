package console

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
	"studiobox/provisioning/contract"
)

// foreign is in every text of the other bank's box: nothing of it may ever reach
// a user of bank-a.
const foreign = "FOREIGN"

// walled is a console with one box of each bank, both in trouble and with a
// past. The boxes have the same id: an id alone opens nothing.
func walled(t *testing.T) *testConsole {
	t.Helper()
	tc := newConsole(t, nil)
	now := time.Now()
	tc.roster.Hear(now.Add(-time.Hour), now.Add(-time.Hour))
	tc.roster.List(now.Add(-time.Hour),
		roster.Listed{Tenant: "bank-a", Box: "SB-000001", Business: "Own Shop", Place: "Kofu", Network: "Own Net", At: now.Add(-time.Hour)},
		roster.Listed{Tenant: "bank-b", Box: "SB-000001", Business: foreign + " Shop", Place: foreign, Network: foreign + " Net", At: now.Add(-time.Hour)},
		roster.Listed{Tenant: "bank-b", Box: "SB-000002", Business: foreign + " Shop", Place: foreign, Network: foreign + " Net", At: now.Add(-time.Hour)})
	for _, at := range [][2]string{{"bank-a", "SB-000001"}, {"bank-b", "SB-000001"}, {"bank-b", "SB-000002"}} {
		version := "1.0.0"
		if at[0] == "bank-b" {
			version = foreign
		}
		tc.say(at[0], at[1], now.Add(-30*time.Minute),
			roster.Update{State: &contract.State{V: 1, On: 1, St: "idle", Boot: "0011aabb"}},
			roster.Update{Info: &contract.Info{V: 1, SW: version, Model: version, Ser: version}},
			roster.Update{Health: &contract.Health{V: 1, TS: now.Unix(), St: "idle", Al: []string{"under_voltage"}}})
		event := contract.Event{V: 1, Epoch: "e", N: 1, TS: now.Unix(), Code: "started", Sev: "info", Det: version}
		tc.book.Keep(roster.Update{Tenant: at[0], Box: at[1], At: now, Event: &event})
	}
	err := tc.book.AddDraft(t.Context(), book.Draft{
		ID: "01K0000000000000000000000D", Tenant: "bank-b", Box: "SB-000001", Op: contract.OpWipe, Sealed: []byte("a.b.c"), Who: foreign,
		At: now, Ends: now.Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	tc.flush()
	return tc
}

// probe is how a route is tried: with the other bank's box, and with one that
// does not exist. Both must be answered alike.
type probe struct{ foreign, missing string }

// probes has one entry per route: a route without one fails the test.
func probes() map[string]probe {
	box := func(before, after string) probe {
		return probe{before + "/bank-b/SB-000001" + after, before + "/bank-a/SB-999999" + after}
	}
	return map[string]probe{
		"GET /{$}":                         {"/", "/"},
		"GET /boxes":                       {"/boxes?tenant=bank-b", "/boxes?tenant=bank-b"},
		"GET /boxes.csv":                   {"/boxes.csv?tenant=bank-b", "/boxes.csv?tenant=nobody"},
		"GET /box/{tenant}/{box}":          box("/box", ""),
		"GET /live":                        {"/live", "/live"},
		"GET /live/session":                {"/live/session", "/live/session"},
		"GET /live/boxes":                  {"/live/boxes?tenant=bank-b", "/live/boxes?tenant=bank-b"},
		"GET /live/box/{tenant}/{box}":     box("/live/box", ""),
		"GET /key":                         {"/key", "/key"},
		"GET /key/{kid}":                   {"/key/foreign-kid", "/key/other-kid"},
		"POST /key":                        {"/key", "/key"},
		"POST /language":                   {"/language", "/language"},
		"POST /attention":                  {"/attention", "/attention"},
		"POST /box/{tenant}/{box}/command": box("/box", "/command"),
		"POST /box/{tenant}/{box}/draft":   box("/box", "/draft"),

		"POST /box/{tenant}/{box}/quarantine": box("/box", "/quarantine"),
	}
}

// The strongest user of bank-a tries every route there is.
func TestNoRouteShowsOrTellsOfAnotherBanksBox(t *testing.T) {
	tc := walled(t)
	signer := newSigner(t, foreign, contract.Classes()...)
	tc.keys.enrol(signer.Public())
	for _, r := range tc.routes() {
		p, ok := probes()[r.pattern]
		if !ok {
			t.Errorf("%s is a new route: say in probes how the wall holds for it", r.pattern)
			continue
		}
		lead := olga
		lead.Role = signin.Lead
		got, want := tc.try(lead, r.pattern, p.foreign), tc.try(lead, r.pattern, p.missing)
		if got.body != want.body || got.status != want.status {
			t.Errorf("%s: the other bank's: %d %.200q; what does not exist: %d %.200q", r.pattern, got.status, got.body, want.status, want.body)
		}
		if strings.Contains(got.body, foreign) {
			t.Errorf("%s tells of the other bank's box: %q", r.pattern, got.body)
		}
		if strings.Contains(r.pattern, "{box}") && got.status != http.StatusNotFound {
			t.Errorf("%s answers %d for the other bank's box, want 404", r.pattern, got.status)
		}
	}
}

type tried struct {
	status int
	body   string
}

// try asks a route as a user: an event stream for two seconds.
func (tc *testConsole) try(user signin.User, pattern, path string) tried {
	tc.t.Helper()
	tc.gate.as(user)
	if strings.HasPrefix(pattern, "GET /live") {
		return tc.listen(user, path, 2*time.Second)
	}
	var form url.Values
	if strings.HasPrefix(pattern, "POST") {
		form = url.Values{"lang": {"en"}, "back": {"/"}, "row": {"x"}, "do": {"out"}, "id": {"01K0000000000000000000000D"}}
	}
	w := tc.ask(user, path, form)
	return tried{w.Code, w.Body.String()}
}

// listen reads an event stream for a while; the clock in it is left out.
func (tc *testConsole) listen(user signin.User, path string, span time.Duration) tried {
	tc.t.Helper()
	ctx, cancel := context.WithTimeout(tc.t.Context(), span)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, tc.serve()+path, nil)
	if err != nil {
		tc.t.Fatal(err)
	}
	request.AddCookie(&http.Cookie{Name: "who", Value: user.Subject})
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		tc.t.Fatal(err)
	}
	defer response.Body.Close()
	var text strings.Builder
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), `,"at":`)
		text.WriteString(line + "\n")
	}
	return tried{response.StatusCode, text.String()}
}

// A bank's user sees the bank's own box through the same routes: the wall is no
// closed door.
func TestABanksUserSeesTheBanksOwnBoxes(t *testing.T) {
	tc := walled(t)
	for path, want := range map[string]string{
		"/": "Own Shop", "/boxes": "Own Shop", "/boxes.csv": "Own Shop", "/box/bank-a/SB-000001": "Own Shop",
	} {
		if w := tc.ask(vera, path, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, without %q", path, w.Code, want)
		}
	}
	if got := tc.listen(vera, "/live/box/bank-a/SB-000001", 2*time.Second); !strings.Contains(got.body, "Own Shop") {
		t.Errorf("the live page of the own box says %q", got.body)
	}
	if w := tc.ask(anna, "/", nil); !strings.Contains(w.Body.String(), "Own Shop") || !strings.Contains(w.Body.String(), foreign) {
		t.Error("central ops do not see both banks")
	}
}

func TestEveryRouteNeedsASession(t *testing.T) {
	tc := walled(t)
	for _, r := range tc.routes() {
		p := probes()[r.pattern]
		method, _, _ := strings.Cut(r.pattern, " ")
		request, err := http.NewRequest(method, tc.serve()+p.missing, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a session: %s", r.pattern, response.Status)
		}
	}
}

func TestAViewerChangesNothing(t *testing.T) {
	tc := walled(t)
	row := tc.roster.Attention(roster.Scope{Tenant: "bank-a"}, time.Now()).Rows[0]
	for path, form := range map[string]url.Values{
		"/attention":                  {"row": {row.Key}, "do": {"take"}},
		"/box/bank-a/SB-000001/draft": {"id": {"01K0000000000000000000000D"}},

		"/box/bank-a/SB-000001/quarantine": {"do": {"out"}},
	} {
		if w := tc.ask(vera, path, form); w.Code != http.StatusForbidden {
			t.Errorf("%s by a viewer: %d", path, w.Code)
		}
	}
	if got := tc.roster.Attention(roster.Scope{Tenant: "bank-a"}, time.Now()).Rows[0].Owner; got != "" {
		t.Errorf("the row is %s's", got)
	}
}

// A page that is open when somebody signs out, or is given another role or
// another bank, says no more.
func TestALivePageEndsWithItsSession(t *testing.T) {
	for name, change := range map[string]func(*testGate){
		"signed out": func(g *testGate) { g.signOut(vera) },
		"another bank": func(g *testGate) {
			g.as(signin.User{Subject: "vera", Name: "Vera", Role: signin.Viewer, Tenant: "bank-b"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc := walled(t)
			go func() {
				time.Sleep(time.Second)
				change(tc.gate)
			}()
			begun := time.Now()
			got := tc.listen(vera, "/live", patience)
			if span := time.Since(begun); span > patience/2 {
				t.Errorf("the stream went on for %v", span)
			}
			if strings.Contains(got.body, foreign) {
				t.Error("the stream of the old session tells of the new bank")
			}
		})
	}
}

// What an open page asks by itself, its streams and the checks of its session
// included, uses no session: nobody needs to be at the page.
func TestAnOpenPageDoesNotUseItsSession(t *testing.T) {
	t.Parallel()
	tc := walled(t)
	tc.ask(vera, "/", nil)
	if tc.gate.used != 1 {
		t.Fatalf("a page that was opened used the session %d times", tc.gate.used)
	}
	tc.listen(vera, "/live", sessionCheck+3*time.Second)
	tc.listen(vera, "/live/boxes", time.Second)
	tc.listen(vera, "/live/box/bank-a/SB-000001", time.Second)
	if got := tc.ask(vera, "/live/session", nil); got.Code != http.StatusNoContent {
		t.Errorf("an open page whose session holds is told %d", got.Code)
	}
	tc.gate.mu.Lock()
	defer tc.gate.mu.Unlock()
	if tc.gate.used != 1 {
		t.Errorf("an open page used the session %d times", tc.gate.used-1)
	}
}
