package signin

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// packages is the folder into which `make test-deps` puts the provider.
func packages(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(cache, "studiobox", "oidc-provider")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "oidc-provider", "package.json")); err != nil {
		if testing.Short() {
			t.Skip("no OpenID Connect provider here")
		}
		t.Fatal("the npm package oidc-provider is missing: run make test-deps")
	}
	return folder
}

// realProvider is panva's oidc-provider behind a proxy that can change what the
// token endpoint says.
type realProvider struct {
	*httptest.Server
	mu     sync.Mutex
	tamper func(body string) string
	failed string
}

// startProvider runs one that sends people back to these addresses.
func startProvider(t *testing.T, callbacks ...string) *realProvider {
	t.Helper()
	folder := packages(t)
	p := &realProvider{}
	var target *url.URL
	proxy := &httputil.ReverseProxy{
		// The host stays the proxy's, and so the provider's addresses lead here.
		Rewrite:        func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", target.Host },
		ModifyResponse: p.change,
	}
	p.Server = httptest.NewServer(proxy)
	t.Cleanup(p.Close)

	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is missing: install the Debian package nodejs")
	}
	command := exec.Command(node, append([]string{"testdata/provider.mjs", folder, p.URL}, callbacks...)...)
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for target == nil && lines.Scan() {
		if port, found := strings.CutPrefix(lines.Text(), "port "); found {
			target = &url.URL{Host: "127.0.0.1:" + port}
		}
	}
	if target == nil {
		t.Fatal("the provider did not start: see node provisioning/console/signin/testdata/provider.mjs")
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return p
}

// change lets a test alter the answers of the token endpoint.
func (p *realProvider) change(r *http.Response) error {
	p.mu.Lock()
	tamper := p.tamper
	failed := p.failed
	p.mu.Unlock()
	if failed != "" && strings.HasPrefix(r.Request.URL.Path, failed) {
		r.StatusCode, r.Body = http.StatusServiceUnavailable, io.NopCloser(strings.NewReader(""))
		r.Header.Del("Content-Length")
		return nil
	}
	if tamper == nil || r.Request.URL.Path != "/token" {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	changed := tamper(string(body))
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	r.Header.Del("Content-Length")
	return nil
}

// onToken sets what is done to the token endpoint's answers; nil is nothing.
func (p *realProvider) onToken(tamper func(string) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tamper = tamper
}

// fail makes the provider answer below a path as one whose own parts are away; ""
// ends that.
func (p *realProvider) fail(below string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = below
}

// browser is a person's: it keeps cookies and follows no redirect by itself.
type browser struct {
	*http.Client
	t *testing.T
}

func newBrowser(t *testing.T) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return browser{&http.Client{Jar: jar, CheckRedirect: stay}, t}
}

// do sends a request as a page would, and returns status, body and where it leads.
func (b browser) do(method, address string, form url.Values) (status int, body, location string) {
	b.t.Helper()
	request, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if to, err := response.Location(); err == nil {
		location = to.String()
	}
	return response.StatusCode, string(text), location
}

func (b browser) get(address string) (int, string, string) {
	b.t.Helper()
	return b.do(http.MethodGet, address, nil)
}

var asked = regexp.MustCompile(`name="prompt" value="(\w+)"`)

// authorize goes through the provider's pages as a person with a name, and
// returns the address that the provider sends back to, not yet opened.
func (b browser) authorize(address, person, back string) string {
	b.t.Helper()
	for range 20 {
		if strings.HasPrefix(address, back) {
			return address
		}
		_, body, next := b.get(address)
		if prompt := asked.FindStringSubmatch(body); prompt != nil {
			form := url.Values{"prompt": {prompt[1]}}
			if prompt[1] == "login" {
				form.Set("login", person)
				form.Set("password", "any")
			}
			_, body, next = b.do(http.MethodPost, address, form)
		}
		if next == "" {
			b.t.Fatalf("the provider leads nowhere from %s:\n%s", address, body)
		}
		address = next
	}
	b.t.Fatalf("the provider leads in circles: %s", address)
	return ""
}
