package signin

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// site is a console with one page, which tells who reads it.
type site struct {
	*httptest.Server
	gate  *Gate
	store *Memory
	ahead atomic.Int64 // nanoseconds by which the console's clock is ahead
}

// newSite starts a console; the settings get its address.
func newSite(t *testing.T, settings func(base string) Config) *site {
	t.Helper()
	s := &site{store: &Memory{}}
	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	config := Config{Base: s.URL}
	if settings != nil {
		config = settings(s.URL)
	}
	var err error
	if s.gate, err = New(config, s.store, slog.New(slog.NewTextHandler(io.Discard, nil))); err != nil {
		t.Fatal(err)
	}
	s.gate.now = func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }
	mux.Handle(Path, s.gate.Handler())
	mux.Handle("/live", s.gate.Watch(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	mux.Handle("/", s.gate.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := From(r.Context())
		fmt.Fprintf(w, "%s %s %s|%s|%t csrf=%s", r.Method, user.Name, user.Role, user.Tenant, user.All, CSRF(r.Context()))
	})))
	return s
}

// withProvider is a console whose people come from a real provider.
func withProvider(t *testing.T) (*site, *realProvider) {
	t.Helper()
	var p *realProvider
	s := newSite(t, func(base string) Config {
		p = startProvider(t, base+Path+"callback")
		return Config{
			Base: base, Issuer: p.URL, ClientID: "console", ClientSecret: "console-secret", Claim: "groups",
			Grants: []Grant{
				{Value: "bank-viewer", Role: Viewer, Tenant: "b-0412"},
				{Value: "bank-operator", Role: Operator, Tenant: "b-0412"},
				{Value: "studio-lead", Role: Lead, All: true},
			},
		}
	})
	return s, p
}

// begin starts a sign-in and returns where the console sends the browser.
func (s *site) begin(b browser, back string) *url.URL {
	b.t.Helper()
	status, body, location := b.get(s.URL + Path + "?return=" + url.QueryEscape(back))
	if status != http.StatusSeeOther {
		b.t.Fatalf("the sign-in begins with %d: %s", status, body)
	}
	u, err := url.Parse(location)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// answer brings a browser through the provider and returns the callback's address.
func (s *site) answer(b browser, person string) string {
	b.t.Helper()
	return b.authorize(s.begin(b, "/").String(), person, s.URL+Path+"callback")
}

// signIn brings a browser in.
func (s *site) signIn(b browser, person string) {
	b.t.Helper()
	if status, body, to := b.get(s.answer(b, person)); status != http.StatusSeeOther || to != s.URL+"/" {
		b.t.Fatalf("%s is not in: %d to %q: %s", person, status, to, body)
	}
}

// page is what the console's one page says to a browser.
func (s *site) page(b browser) (int, string) {
	b.t.Helper()
	status, body, _ := b.get(s.URL + "/")
	return status, body
}

func TestTheProvidersClaimsDecideWhoSeesWhat(t *testing.T) {
	s, _ := withProvider(t)
	for person, want := range map[string]string{
		"anna": "GET ANNA lead||true",
		"bao":  "GET BAO operator|b-0412|false",
		"chie": "GET CHIE viewer|b-0412|false", // of two grants the first in the settings
	} {
		b := newBrowser(t)
		s.signIn(b, person)
		if status, body := s.page(b); status != http.StatusOK || !strings.HasPrefix(body, want+" ") {
			t.Errorf("%s: %d %s", person, status, body)
		}
	}
	eve := newBrowser(t)
	if status, body, _ := eve.get(s.answer(eve, "eve")); status != http.StatusForbidden || !strings.Contains(body, "Ask its administrator") {
		t.Errorf("somebody without a grant gets %d: %s", status, body)
	}
	if status, _ := s.page(eve); status != http.StatusSeeOther {
		t.Errorf("somebody without a grant sees the page: %d", status)
	}
}

func TestAPageLeadsToTheSignInAndBackToItself(t *testing.T) {
	s, _ := withProvider(t)
	b := newBrowser(t)
	status, _, to := b.get(s.URL + "/boxes?tenant=b-0412&q=a%20b")
	if status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	_, _, provider := b.get(to)
	back := b.authorize(provider, "anna", s.URL+Path+"callback")
	if _, _, to := b.get(back); to != s.URL+"/boxes?tenant=b-0412&q=a%20b" {
		t.Errorf("led to %s", to)
	}
	// What is no page is not led anywhere.
	response, err := http.Get(s.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestSignOutEndsTheSessionForEveryCopyOfTheCookie(t *testing.T) {
	s, _ := withProvider(t)
	b := newBrowser(t)
	s.signIn(b, "anna")
	copied := newBrowser(t)
	copied.Jar.SetCookies(mustParse(t, s.URL), b.Jar.Cookies(mustParse(t, s.URL)))
	_, body := s.page(copied)
	_, token, _ := strings.Cut(body, "csrf=")

	if status, _, _ := b.do(http.MethodPost, s.URL+Path+"out", nil); status != http.StatusForbidden {
		t.Errorf("signed out without the token: %d", status)
	}
	if status, body, _ := b.do(http.MethodPost, s.URL+Path+"out", url.Values{FormField: {token}}); status != http.StatusOK || !strings.Contains(body, "signed out") {
		t.Errorf("sign-out: %d %s", status, body)
	}
	for name, b := range map[string]browser{"browser": b, "copy": copied} {
		if status, _ := s.page(b); status != http.StatusSeeOther {
			t.Errorf("the %s is still in: %d", name, status)
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAConsoleStartsWithoutItsProvider(t *testing.T) {
	s := newSite(t, func(base string) Config {
		return Config{Base: base, Issuer: "http://127.0.0.1:1", ClientID: "console", Claim: "groups",
			Grants: []Grant{{Value: "x", Role: Lead, All: true}}}
	})
	if status, body, _ := newBrowser(t).get(s.URL + Path); status != http.StatusBadGateway || !strings.Contains(body, "not reachable") {
		t.Errorf("%d %s", status, body)
	}
}

func TestSettingsThatLetNobodyOrTooManyInAreRefused(t *testing.T) {
	good := Config{Base: "https://ops.example.net/", Issuer: "https://id.example.net", ClientID: "console", Claim: "groups",
		Grants: []Grant{{Value: "lead", Role: Lead, All: true}}}
	if _, err := good.checked(); err != nil {
		t.Fatal(err)
	}
	for name, alter := range map[string]func(*Config){
		"no base":              func(c *Config) { c.Base = "" },
		"a base with a path":   func(c *Config) { c.Base += "console" },
		"a base of files":      func(c *Config) { c.Base = "file:///tmp" },
		"an issuer on http":    func(c *Config) { c.Issuer = "http://id.example.net" },
		"no client":            func(c *Config) { c.ClientID = "" },
		"no claim":             func(c *Config) { c.Claim = "" },
		"no grant":             func(c *Config) { c.Grants = nil },
		"a grant for all":      func(c *Config) { c.Grants[0].Value = "" },
		"an unknown role":      func(c *Config) { c.Grants[0].Role = "root" },
		"a grant of nothing":   func(c *Config) { c.Grants[0].All = false },
		"a grant of both":      func(c *Config) { c.Grants[0].Tenant = "b-0412" },
		"an impossible tenant": func(c *Config) { c.Grants[0].Tenant, c.Grants[0].All = "B/#", false },
		"idle above absolute":  func(c *Config) { c.Idle, c.Absolute = 2*time.Hour, time.Hour },
	} {
		c := good
		c.Grants = append([]Grant{}, good.Grants...)
		alter(&c)
		if _, err := c.checked(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestARoleIncludesThoseBelow(t *testing.T) {
	for _, c := range []struct {
		have, want Role
		may        bool
	}{{Lead, Viewer, true}, {Lead, Lead, true}, {Operator, Lead, false}, {Viewer, Operator, false}, {"", Viewer, false}, {Lead, "root", false}, {"root", "root", false}} {
		if got := c.have.May(c.want); got != c.may {
			t.Errorf("%q may do what %q may: %t", c.have, c.want, got)
		}
	}
}
