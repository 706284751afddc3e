package signin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// watch asks what an open page asks by itself.
func (s *site) watch(b browser) int {
	b.t.Helper()
	status, _, _ := b.get(s.URL + "/live")
	return status
}

func TestAPageThatStaysOpenDoesNotKeepItsSessionOpen(t *testing.T) {
	s := newSite(t, func(base string) Config { return Config{Base: base, Idle: time.Hour} })
	b := inside(t, s)
	for minutes := 5; minutes < 60; minutes += 5 {
		s.ahead.Store(int64(time.Duration(minutes) * time.Minute))
		if status := s.watch(b); status != http.StatusOK {
			t.Fatalf("after %d minutes the open page gets %d", minutes, status)
		}
	}
	s.ahead.Store(int64(61 * time.Minute))
	if status := s.watch(b); status == http.StatusOK {
		t.Error("nobody used the session for an hour, and it is still open")
	}
}

func TestAGrantThatWasTakenAwayOrChangedIsInForceAtTheNextRequest(t *testing.T) {
	s, _ := withProvider(t)
	b := newBrowser(t)
	s.signIn(b, "bao")
	before := s.gate.config.Grants
	s.gate.config.Grants = []Grant{{Value: "bank-operator", Role: Viewer, Tenant: "b-0777"}}
	if _, body := s.page(b); !strings.HasPrefix(body, "GET BAO viewer|b-0777|false ") {
		t.Errorf("after the settings changed: %s", body)
	}
	s.gate.config.Claim = "departments" // in which the same word may mean anything
	if status, body := s.page(b); status == http.StatusOK {
		t.Errorf("after another claim came to decide: %s", body)
	}
	s.gate.config.Claim = "groups"
	s.gate.config.Grants = before[:1] // another's
	if status, body := s.page(b); status == http.StatusOK {
		t.Errorf("after the grant was taken away: %s", body)
	}
}

func TestSignOutLeadsOnToTheProvidersOwn(t *testing.T) {
	s, p := withProvider(t)
	b := newBrowser(t)
	s.signIn(b, "anna")
	_, page := s.page(b)
	_, token, _ := strings.Cut(page, "csrf=")
	response, err := b.PostForm(s.URL+Path+"out", url.Values{FormField: {token}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, next, _ := strings.Cut(response.Header.Get("Refresh"), "url=")
	if !strings.HasPrefix(next, p.URL+"/session/end?") || !strings.Contains(string(text), "sign-in server, too") {
		t.Fatalf("leads on to %q: %s", next, text)
	}
	// The provider knows the console and where to lead back to.
	if status, body, _ := b.get(next); status != http.StatusOK || !strings.Contains(body, "sign-out") {
		t.Errorf("the provider: %d %s", status, body)
	}
	if status, body, _ := b.get(s.URL + Path + "out"); status != http.StatusOK || !strings.Contains(body, "signed out") {
		t.Errorf("the way back: %d %s", status, body)
	}
	byLink := newSite(t, nil)
	c := inside(t, byLink)
	_, page = byLink.page(c)
	_, token, _ = strings.Cut(page, "csrf=")
	if _, body, _ := c.do(http.MethodPost, byLink.URL+Path+"out", url.Values{FormField: {token}}); strings.Contains(body, "server, too") {
		t.Error("who came by the link is led to a provider")
	}
}

func TestPeopleAreToldApartByWhatTheyCannotChoose(t *testing.T) {
	long := strings.Repeat("x", 61)
	for name, c := range map[string]struct{ claim, subject, claims, want string }{
		"a verified address":           {"", "s-1", `{"email":"Anna@bank.example","email_verified":true}`, "anna@bank.example"},
		"verified, as a text":          {"", "s-1", `{"email":"anna@bank.example","email_verified":"true"}`, "anna@bank.example"},
		"an address of one's own word": {"", "s-1", `{"email":"anna@bank.example"}`, "s-1"},
		"a long id and no address":     {"", long, `{}`, ""},
		"an address with a space":      {"", "s-1", `{"email":"an na@bank.example","email_verified":true}`, "s-1"},
		"the settings' claim":          {"upn", "s-1", `{"upn":"anna","email":"x@y.example","email_verified":true}`, "anna"},
		"a claim that is not there":    {"upn", "s-1", `{}`, ""},
		"a claim of several":           {"upn", "s-1", `{"upn":["a","b"]}`, ""},
		"letters that no key bears":    {"name", "s-1", `{"name":"安娜"}`, ""},
		"the id itself":                {"sub", "s-1", `{"email":"x@y.example","email_verified":true}`, "s-1"},
		"an unverified chosen address": {"email", "s-1", `{"email":"x@y.example","email_verified":false}`, ""},
	} {
		var claims map[string]json.RawMessage
		if err := json.Unmarshal([]byte(c.claims), &claims); err != nil {
			t.Fatal(err)
		}
		who, err := whoOf(c.claim, c.subject, claims)
		if who != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, who, err)
		}
		if err != nil && !errors.Is(err, errNoGrant) {
			t.Errorf("%s: %v counts against the address", name, err)
		}
	}
}

// deafStore fails as a database does that is away.
type deafStore struct{ *Memory }

func (deafStore) Get(context.Context, string) ([]byte, error) { return nil, errors.New("away") }

// What nobody who signs in can help is told as what it is, and shuts nobody out
// of an office with one address.
func TestAFailureOfStoreOrProviderIsNotHeldAgainstThePerson(t *testing.T) {
	s, p := withProvider(t)
	for range 12 {
		eve := newBrowser(t)
		if status, _, _ := eve.get(s.answer(eve, "eve")); status != http.StatusForbidden {
			t.Fatalf("somebody without a grant gets %d", status)
		}
	}
	b := newBrowser(t)
	answers := make([]string, 12)
	browsers := make([]browser, len(answers))
	for i := range answers {
		browsers[i] = newBrowser(t)
		answers[i] = s.answer(browsers[i], "anna")
	}
	s.gate.store = deafStore{s.store}
	for i, answer := range answers {
		if status, body, _ := browsers[i].get(answer); status != http.StatusServiceUnavailable || !strings.Contains(body, "database") {
			t.Fatalf("without a store: %d %s", status, body)
		}
	}
	s.gate.store = s.store
	for i := range answers {
		browsers[i] = newBrowser(t)
		answers[i] = s.answer(browsers[i], "anna")
	}
	back := s.answer(b, "anna")
	for i, answer := range answers {
		p.fail([]string{"/token", "/jwks"}[i%2])
		if status, body, _ := browsers[i].get(answer); status != http.StatusBadGateway || !strings.Contains(body, "not reachable") {
			t.Fatalf("without a provider: %d %s", status, body)
		}
	}
	p.fail("")
	if status, _, to := b.get(back); status != http.StatusSeeOther || to != s.URL+"/" {
		t.Errorf("afterwards somebody who may come in gets %d", status)
	}
	thief := newBrowser(t)
	for range 10 {
		thief.get(s.URL + Path + "callback?code=x&state=y")
	}
	if status, _, _ := thief.get(s.URL + Path + "callback?code=x&state=y"); status != http.StatusTooManyRequests {
		t.Errorf("somebody who guesses gets %d", status)
	}
}

func TestThePagesOfTheSignInHaveAStyleThatTheirPolicyAllows(t *testing.T) {
	s := newSite(t, nil)
	response, err := http.Get(s.URL + Path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(text), `href="/signin/page.css"`) || !strings.Contains(response.Header.Get("Content-Security-Policy"), "style-src 'self'") {
		t.Errorf("%v: %s", err, text)
	}
	style, err := http.Get(s.URL + Path + "page.css")
	if err != nil {
		t.Fatal(err)
	}
	style.Body.Close()
	if style.StatusCode != http.StatusOK || !strings.HasPrefix(style.Header.Get("Content-Type"), "text/css") {
		t.Errorf("the style: %s, %s", style.Status, style.Header.Get("Content-Type"))
	}
}

func TestEverybodyCanBeSignedOutAtOnce(t *testing.T) {
	for name, store := range stores(t) {
		sql, ok := store.(*SQL)
		if !ok {
			continue
		}
		for _, key := range []string{"session:a", "session:b", firstKey} {
			if _, err := sql.Swap(t.Context(), key, nil, []byte("{}"), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := sql.Clear(t.Context()); err != nil || n != 2 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if kept, err := sql.Get(t.Context(), firstKey); err != nil || kept == nil {
			t.Errorf("%s: the first sign-in is forgotten: %v", name, err)
		}
	}
}
