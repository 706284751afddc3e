package panel

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ask sends one request straight to a page's handler.
type asked struct {
	method, path, body string
	host, from         string            // default: an address of the box, a phone
	headers            map[string]string // on top
	cookies            []*http.Cookie
}

func (a asked) of(page *Panel) *http.Response {
	r := httptest.NewRequest(a.method, a.path, strings.NewReader(a.body))
	r.Host = "192.168.1.5:8080"
	if a.host != "" {
		r.Host = a.host
	}
	r.RemoteAddr = "192.168.1.40:51000"
	if a.from != "" {
		r.RemoteAddr = a.from
	}
	for name, value := range a.headers {
		r.Header.Set(name, value)
	}
	for _, cookie := range a.cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	page.Handler().ServeHTTP(w, r)
	return w.Result()
}

// enter presses the box's button and claims a session.
func enter(t *testing.T, page *Panel) []*http.Cookie {
	t.Helper()
	page.OpenWindow(time.Now())
	response := asked{method: "POST", path: "/api/claim"}.of(page)
	if response.StatusCode != http.StatusNoContent {
		t.Fatalf("claiming a session after a press: %s", response.Status)
	}
	return response.Cookies()
}

func TestNothingPrivateIsServedWithoutASession(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	for _, path := range []string{"GET /api/events", "GET /api/history", "GET /api/status", "POST /api/press",
		"POST /api/stop", "POST /api/turntable", "POST /api/light", "POST /api/line", "POST /api/remote-start",
		"POST /api/end-others", "POST /whep/camera", "DELETE /whep/camera/x"} {
		method, path, _ := strings.Cut(path, " ")
		for name, cookies := range map[string][]*http.Cookie{
			"no cookie": nil, "an empty one": {{Name: cookieName}}, "a guessed one": {{Name: cookieName, Value: "AAAAAAAAAAAAAAAAAAAAAAAAAA"}},
		} {
			got := asked{method: method, path: path, body: "{}", cookies: cookies}.of(page).StatusCode
			if got != http.StatusUnauthorized {
				t.Errorf("%s %s with %s: %d, want 401", method, path, name, got)
			}
		}
	}
}

func TestAPressOnTheBoxLetsOneVisitorIn(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	if got := (asked{method: "POST", path: "/api/claim"}).of(page).StatusCode; got != http.StatusForbidden {
		t.Fatalf("a claim without a press: %d, want 403", got)
	}
	cookies := enter(t, page)
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || len(cookies[0].Value) < 26 {
		t.Fatalf("the cookie must be HttpOnly, SameSite=Strict and of 128 bits: %v", cookies)
	}
	if got := (asked{method: "GET", path: "/api/status", cookies: cookies}).of(page).StatusCode; got != http.StatusOK {
		t.Errorf("the visitor's own session: %d, want 200", got)
	}
	if got := (asked{method: "POST", path: "/api/claim"}).of(page).StatusCode; got != http.StatusForbidden {
		t.Errorf("a second claim on the same press: %d, want 403", got)
	}
}

func TestWindowAndSessionEndByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := newPanel(t, newFakeBox(), nil)
		page.OpenWindow(time.Now())
		time.Sleep(windowLen)
		if got := (asked{method: "POST", path: "/api/claim"}).of(page).StatusCode; got != http.StatusForbidden {
			t.Errorf("a claim 60 s after the press: %d, want 403", got)
		}
		cookies := enter(t, page)
		status := asked{method: "GET", path: "/api/status", cookies: cookies}
		time.Sleep(sessionLen - time.Second)
		if got := status.of(page).StatusCode; got != http.StatusOK {
			t.Errorf("a second before 12 h: %d, want 200", got)
		}
		time.Sleep(time.Second)
		if got := status.of(page).StatusCode; got != http.StatusUnauthorized {
			t.Errorf("after 12 h: %d, want 401", got)
		}
	})
}

func TestAVisitorCanSignOutAllOthers(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	stranger, owner := enter(t, page), enter(t, page)
	asked{method: "POST", path: "/api/end-others", cookies: owner}.of(page)
	if got := (asked{method: "GET", path: "/api/status", cookies: stranger}).of(page).StatusCode; got != http.StatusUnauthorized {
		t.Errorf("the other: %d, want 401", got)
	}
	if got := (asked{method: "GET", path: "/api/status", cookies: owner}).of(page).StatusCode; got != http.StatusOK {
		t.Errorf("the one who asked: %d, want 200", got)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	for range 3 * maxSessions {
		enter(t, page)
	}
	if got := page.access.visitors(); got != maxSessions {
		t.Errorf("%d sessions, want %d", got, maxSessions)
	}
}

func TestTheDemoIsOpenToThisMachineOnly(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil, openLocal)
	for _, c := range []struct {
		name, from, host string
		want             int
	}{
		{"localhost", "127.0.0.1:5000", "localhost:8080", 200},
		{"127.0.0.1", "127.0.0.1:5000", "127.0.0.1:8080", 200},
		{"IPv6", "[::1]:5000", "[::1]:8080", 200},
		{"IPv4 inside IPv6", "[::ffff:127.0.0.1]:5000", "localhost:8080", 200},
		{"a phone", "192.168.1.40:5000", "192.168.1.5:8080", 401},
		{"a phone that says localhost", "192.168.1.40:5000", "localhost:8080", 401},
		{"this machine by another name of the box", "127.0.0.1:5000", "studiobox.local:8080", 401},
		{"rebinding", "127.0.0.1:5000", "evil.example:8080", 421},
		{"rebinding that looks local", "127.0.0.1:5000", "localhost.evil.example", 421},
		{"rebinding that looks like an address", "127.0.0.1:5000", "127.0.0.1.evil.example", 421},
	} {
		if got := (asked{method: "GET", path: "/api/status", from: c.from, host: c.host}).of(page).StatusCode; got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestForeignNamesOfTheBoxAreRefusedEverywhere(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil, func(cfg *Config, _ *Deps) { cfg.Hosts = []string{"box7.bank.example"} })
	page.OpenWindow(time.Now())
	for host, want := range map[string]int{
		"192.168.1.5": 200, "[fd00::5]:8080": 200, "studiobox": 200, "studiobox.local.": 200, "BOX7.bank.example:8080": 200,
		"evil.example": 421, "192.168.1.5.evil.example": 421, "studiobox.local.evil.example": 421, ":80": 421,
	} {
		if got := (asked{method: "GET", path: "/", host: host}).of(page).StatusCode; got != want {
			t.Errorf("the page as %q: %d, want %d", host, got, want)
		}
	}
	if got := (asked{method: "POST", path: "/api/claim", host: "evil.example"}).of(page).StatusCode; got != 421 {
		t.Errorf("a claim by a rebound name during the window: %d, want 421", got)
	}
}

func TestOtherSitesCanNeitherStopNorRead(t *testing.T) {
	box := newFakeBox()
	page := newPanel(t, box, nil, openLocal)
	cookies := enter(t, page)
	for name, headers := range map[string]map[string]string{
		"cross-site":              {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
		"another port":            {"Sec-Fetch-Site": "same-site", "Origin": "http://192.168.1.5:9999"},
		"an old browser's origin": {"Origin": "https://evil.example"},
	} {
		got := asked{method: "POST", path: "/api/stop", headers: headers, cookies: cookies}.of(page).StatusCode
		if got != http.StatusForbidden {
			t.Errorf("a stop from %s: %d, want 403", name, got)
		}
	}
	read := asked{method: "GET", path: "/api/status", from: "127.0.0.1:5000", host: "localhost",
		headers: map[string]string{"Sec-Fetch-Site": "cross-site"}}
	if got := read.of(page).StatusCode; got != http.StatusForbidden {
		t.Errorf("another site's page reading the demo: %d, want 403", got)
	}
	if calls := box.noted(); len(calls) > 0 {
		t.Errorf("the box was steered: %v", calls)
	}
	own := asked{method: "POST", path: "/api/stop", cookies: cookies,
		headers: map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://192.168.1.5:8080"}}
	if got := own.of(page).StatusCode; got != http.StatusNoContent {
		t.Errorf("the page's own stop: %d, want 204", got)
	}
}

func TestEveryAnswerCarriesTheStrictHeaders(t *testing.T) {
	page := newPanel(t, newFakeBox(), nil)
	for _, path := range []string{"/", "/app.js", "/i18n/ja.json", "/api/access", "/api/status", "/nothing"} {
		header := asked{method: "GET", path: path}.of(page).Header
		policy := header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: Content-Security-Policy is %q", path, policy)
		}
		if header.Get("X-Frame-Options") != "DENY" || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s lacks headers: %v", path, header)
		}
	}
}

// A thousand connections that say nothing must not keep others out, nor keep
// the page from ending in time (served checks that).
func TestSilentConnectionsHoldNobodyUp(t *testing.T) {
	page := serve(t, openLocal)
	for range 500 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(page.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	started := time.Now()
	response, err := http.Get(page.url + "/api/status")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if took := time.Since(started); response.StatusCode != http.StatusOK || took > 2*time.Second {
		t.Errorf("%s after %v", response.Status, took)
	}
}
