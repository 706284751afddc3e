package signin

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/language"
)

// inside is a browser whose session began by a link.
func inside(t *testing.T, s *site) browser {
	t.Helper()
	b := newBrowser(t)
	_, token := s.link(t)
	if status := s.use(b, token); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	return b
}

func TestASessionEndsWhenIdleAndAtTheLatest(t *testing.T) {
	s := newSite(t, func(base string) Config { return Config{Base: base, Idle: time.Hour, Absolute: 3 * time.Hour} })
	b := inside(t, s)
	for _, step := range []struct {
		at time.Duration
		in bool
	}{{59 * time.Minute, true}, {110 * time.Minute, true}, {169 * time.Minute, true}, {181 * time.Minute, false}} {
		s.ahead.Store(int64(step.at))
		if status, _ := s.page(b); (status == http.StatusOK) != step.in {
			t.Errorf("after %s: %d", step.at, status)
		}
	}
	s.ahead.Store(0)
	s.gate.config.Recover = true
	b = inside(t, s)
	s.ahead.Store(int64(61 * time.Minute))
	if status, _ := s.page(b); status == http.StatusOK {
		t.Error("an idle session is still open")
	}
}

func TestWhatTheStoreHoldsOpensNothing(t *testing.T) {
	s := newSite(t, nil)
	b := inside(t, s)
	var cookie string
	for _, c := range b.Jar.Cookies(mustParse(t, s.URL)) {
		cookie = c.Value
	}
	if len(cookie) != 43 {
		t.Fatalf("cookie %q", cookie)
	}
	_, page := s.page(b)
	_, token, _ := strings.Cut(page, "csrf=")
	for key, row := range s.store.rows {
		if strings.Contains(key+string(row.value), cookie) || strings.Contains(string(row.value), token) {
			t.Errorf("the store holds a secret: %s %s", key, row.value)
		}
		thief := newBrowser(t)
		_, hash, _ := strings.Cut(key, ":")
		thief.Jar.SetCookies(mustParse(t, s.URL), []*http.Cookie{{Name: sessionCookie, Value: hash}})
		if status, _ := s.page(thief); status == http.StatusOK {
			t.Errorf("%s opens the page", key)
		}
	}
	if token == cookie || len(token) != 43 {
		t.Errorf("csrf %q", token)
	}
}

func TestNothingIsChangedWithoutTheTokenOfTheSession(t *testing.T) {
	s := newSite(t, nil)
	b := inside(t, s)
	_, page := s.page(b)
	_, token, _ := strings.Cut(page, "csrf=")
	for _, c := range []struct {
		name, method string
		form         url.Values
		header       http.Header
		status       int
	}{
		{"token in the form", "POST", url.Values{FormField: {token}}, nil, 200},
		{"token in the header", "POST", nil, http.Header{Header: {token}}, 200},
		{"no token", "POST", nil, nil, 403},
		{"another token", "POST", url.Values{FormField: {newToken()}}, nil, 403},
		{"an empty token", "POST", url.Values{FormField: {""}}, http.Header{Header: {""}}, 403},
		{"no token, PUT", "PUT", nil, nil, 403},
		{"no token, DELETE", "DELETE", nil, nil, 403},
		{"no token, PATCH", "PATCH", nil, nil, 403},
		{"from another site", "POST", url.Values{FormField: {token}}, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"from another origin", "POST", url.Values{FormField: {token}}, http.Header{"Origin": {"https://evil.example.net"}}, 403},
		{"from this origin", "POST", url.Values{FormField: {token}}, http.Header{"Origin": {s.URL}, "Sec-Fetch-Site": {"same-origin"}}, 200},
	} {
		r, err := http.NewRequest(c.method, s.URL+"/mute", strings.NewReader(c.form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for key, values := range c.header {
			r.Header[key] = values
		}
		response, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.name, response.StatusCode, c.status)
		}
	}
	// The token in the address would be told to others.
	if status, _, _ := b.do("POST", s.URL+"/mute?"+FormField+"="+token, nil); status != http.StatusForbidden {
		t.Errorf("token in the address: %d", status)
	}
}

func TestARoleThatABrowserSendsCountsForNothing(t *testing.T) {
	s := newSite(t, nil)
	b := newBrowser(t)
	b.Jar.SetCookies(mustParse(t, s.URL), []*http.Cookie{{Name: sessionCookie, Value: `{"user":{"Role":"lead","All":true}}`}, {Name: "role", Value: "lead"}})
	if status, _, _ := b.get(s.URL + "/?role=lead&all=1&tenant=b-0412"); status != http.StatusSeeOther {
		t.Errorf("status %d", status)
	}
}

func TestCookiesAreKeptFromScriptsAndOtherHosts(t *testing.T) {
	for base, want := range map[string]string{
		"https://ops.example.net": "__Host-studio-session=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
		"http://127.0.0.1:8080":   "studio-session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
	} {
		gate, err := New(Config{Base: base}, &Memory{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		gate.setCookie(w, sessionCookie, "v", 60)
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("%s: %s", base, got)
		}
	}
}

// slowStore lets a sign-out happen between the read and the write of a request.
type slowStore struct {
	*Memory
	between func()
}

func (s *slowStore) Swap(ctx context.Context, key string, old, new []byte, until time.Time) (bool, error) {
	if s.between != nil && new != nil && old != nil {
		between := s.between
		s.between = nil
		between()
	}
	return s.Memory.Swap(ctx, key, old, new, until)
}

func TestARequestUnderWayDoesNotUndoASignOut(t *testing.T) {
	s := newSite(t, nil)
	b := inside(t, s)
	var cookie *http.Cookie
	for _, c := range b.Jar.Cookies(mustParse(t, s.URL)) {
		cookie = c
	}
	key := keyOf("session", cookie.Value)
	slow := &slowStore{Memory: s.store}
	slow.between = func() { _ = s.gate.remove(t.Context(), key) }
	s.gate.store = slow
	s.ahead.Store(int64(2 * seenStep)) // so that the request writes
	s.page(b)
	if slow.between != nil {
		t.Fatal("the request wrote nothing: the test proves nothing")
	}
	if status, _ := s.page(b); status == http.StatusOK {
		t.Error("the session lives again after the sign-out")
	}
}

func TestPagesSpeakTheLanguageOfTheBrowser(t *testing.T) {
	for accept, want := range map[string]string{
		"ja,en;q=0.8": "ja", "zh-CN,zh;q=0.9": "zh", "de-DE,de;q=0.9,ja;q=0.5": "ja", "de": "en", "": "en", "en;q=0.3,ja;q=0.9": "ja",
	} {
		r := httptest.NewRequest(http.MethodGet, Path, nil)
		r.Header.Set("Accept-Language", accept)
		if got := language.Of(r); got != want {
			t.Errorf("%q: %s", accept, got)
		}
		r.AddCookie(&http.Cookie{Name: "lang", Value: "zh"})
		if got := language.Of(r); got != "zh" {
			t.Errorf("%q, and Chinese was chosen on the console: %s", accept, got)
		}
	}
	for i, w := range told {
		if w.ja == "" || w.en == "" || w.zh == "" || strings.ContainsAny(w.ja+w.zh, ".,!?") {
			t.Errorf("page %d: %+v", i, w)
		}
	}
}

func TestThePagesOfTheSignInRunNothingAndAreNotKept(t *testing.T) {
	s := newSite(t, nil)
	address, _ := s.link(t)
	response, err := http.Get(address + `"><script>alert(1)</script>`)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for key, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if got := response.Header.Get(key); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", key, got)
		}
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || strings.Contains(string(text), "<script>") {
		t.Errorf("the token is not escaped: %v", err)
	}
}
