package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/signin"
)

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// With the real gate: the first link opens the console, a form of a page is
// taken, the same form without the session's token is not, and signing out ends it.
func TestTheRealGateAndTheConsoleFitTogether(t *testing.T) {
	tc := walled(t)
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	gate, err := signin.New(signin.Config{Base: base}, &signin.Memory{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	deps := tc.deps
	deps.Gate = gate
	real, err := New(Config{Hosts: []string{"127.0.0.1"}}, deps, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = real.Handler()
	server.Start()
	defer server.Close()
	link, err := gate.Link(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	visitor := &reader{t: t, client: &http.Client{Jar: jar, Timeout: patience}}
	at, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	_, page := visitor.post(base+"/signin/link", at.Query())
	if !strings.Contains(page, "Own Shop") {
		_, page = visitor.get(base + "/")
	}
	token := csrfField.FindStringSubmatch(page)
	if !strings.Contains(page, "Own Shop") || token == nil {
		t.Fatalf("the link opens %.400s", page)
	}
	if code, _ := visitor.post(base+"/language", url.Values{"lang": {"ja"}, "back": {"/"}}); code != http.StatusForbidden {
		t.Errorf("a post without the token: %d", code)
	}
	if code, page := visitor.post(base+"/language", url.Values{"lang": {"ja"}, "back": {"/boxes"}, "csrf": {token[1]}}); code != http.StatusOK || !strings.Contains(page, `<html lang="ja">`) {
		t.Errorf("a post with the token: %d %.200s", code, page)
	}
	visitor.post(base+"/signin/out", url.Values{"csrf": {token[1]}})
	if code, page := visitor.get(base + "/"); strings.Contains(page, "Own Shop") {
		t.Errorf("after signing out: %d, and the page shows", code)
	}
}

// reader is a browser without scripts.
type reader struct {
	t      *testing.T
	client *http.Client
}

func (r *reader) post(address string, form url.Values) (int, string) {
	r.t.Helper()
	return r.read(r.client.PostForm(address, form))
}

func (r *reader) get(address string) (int, string) {
	r.t.Helper()
	return r.read(r.client.Get(address))
}

func (r *reader) read(response *http.Response, err error) (int, string) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// Run serves until it is told to end, open live pages included.
func TestRunEndsWithItsContext(t *testing.T) {
	tc := walled(t)
	listener := httptest.NewUnstartedServer(nil).Listener
	cfg := Config{Hosts: []string{"127.0.0.1"}, Listener: listener}
	served, err := New(cfg, tc.deps, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- served.Run(ctx) }()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.AddCookie(&http.Cookie{Name: "who", Value: "anna"})
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Run goes on after its context has ended")
	}
}
