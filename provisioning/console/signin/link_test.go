package signin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// link makes one and fails the test when there is none.
func (s *site) link(t *testing.T) (address, token string) {
	t.Helper()
	address, err := s.gate.Link(t.Context())
	if err != nil || !strings.HasPrefix(address, s.URL+Path+"link?token=") {
		t.Fatalf("link %q, %v", address, err)
	}
	return address, mustParse(t, address).Query().Get("token")
}

// use presses the button on the link's page.
func (s *site) use(b browser, token string) int {
	b.t.Helper()
	status, _, _ := b.do(http.MethodPost, s.URL+Path+"link", url.Values{"token": {token}})
	return status
}

func TestTheFirstLinkLetsOnePersonInOnce(t *testing.T) {
	s := newSite(t, nil)
	address, token := s.link(t)
	if len(token) != 43 { // 32 bytes
		t.Errorf("token %q", token)
	}
	b := newBrowser(t)
	for range 2 { // looking at it uses nothing up
		if status, body, _ := b.get(address); status != http.StatusOK || !strings.Contains(body, `value="`+token+`"`) {
			t.Fatalf("%d %s", status, body)
		}
	}
	if status := s.use(b, token); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	if _, body := s.page(b); !strings.HasPrefix(body, "GET admin lead||true ") {
		t.Errorf("page %s", body)
	}
	if status := s.use(newBrowser(t), token); status != http.StatusForbidden {
		t.Errorf("the link was used twice: %d", status)
	}
	if again, err := s.gate.Link(t.Context()); again != "" || err != nil {
		t.Errorf("there is a link after somebody came in: %q, %v", again, err)
	}
}

func TestALinkThatIsOldOrWrongLetsNobodyIn(t *testing.T) {
	s := newSite(t, nil)
	_, token := s.link(t)
	for name, wrong := range map[string]string{"none": "", "another": newToken(), "cut": token[:42], "its row": keyOf("link", token)} {
		if status := s.use(newBrowser(t), wrong); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	// An hour is over for the store, which keeps the time.
	s.ahead.Store(-int64(linkValid))
	_, old := s.link(t)
	if status := s.use(newBrowser(t), old); status != http.StatusForbidden {
		t.Errorf("an old link: %d", status)
	}
	if status := s.use(newBrowser(t), token); status != http.StatusSeeOther {
		t.Errorf("the good link: %d", status)
	}
}

func TestAnUnusedLinkDiesWithTheFirstSignIn(t *testing.T) {
	s := newSite(t, nil)
	_, one := s.link(t)
	_, other := s.link(t)
	if status := s.use(newBrowser(t), one); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	if status := s.use(newBrowser(t), other); status != http.StatusForbidden {
		t.Errorf("the link of another start still works: %d", status)
	}
}

func TestOfManyWhoUseLinksAtOnceOneComesIn(t *testing.T) {
	s := newSite(t, nil)
	var people sync.WaitGroup
	var in atomic.Int32
	_, shared := s.link(t)
	tokens := slices.Repeat([]string{shared}, 4)
	for range 4 { // all of them are made before the first is used
		_, token := s.link(t)
		tokens = append(tokens, token)
	}
	for _, token := range tokens {
		b := newBrowser(t)
		people.Go(func() {
			if s.use(b, token) == http.StatusSeeOther {
				in.Add(1)
			}
		})
	}
	people.Wait()
	if in.Load() != 1 {
		t.Errorf("%d came in", in.Load())
	}
}

func TestWhoSitsAtTheMachineCanAskForALinkAgain(t *testing.T) {
	s := newSite(t, nil)
	_, token := s.link(t)
	s.use(newBrowser(t), token)
	s.gate.config.Recover = true
	_, again := s.link(t)
	b := newBrowser(t)
	if status := s.use(b, again); status != http.StatusSeeOther {
		t.Errorf("status %d", status)
	}
	if status := s.use(b, again); status != http.StatusForbidden {
		t.Errorf("used twice: %d", status)
	}
}

func TestFailuresAreCounted(t *testing.T) {
	s := newSite(t, nil)
	_, token := s.link(t)
	b := newBrowser(t)
	for range 10 {
		if status := s.use(b, "guess"); status != http.StatusForbidden {
			t.Fatalf("status %d", status)
		}
	}
	if status := s.use(b, token); status != http.StatusTooManyRequests {
		t.Errorf("after ten failures: %d", status)
	}
	if status, _, _ := b.get(s.URL + Path + "callback?code=x&state=y"); status != http.StatusTooManyRequests {
		t.Errorf("at the callback: %d", status)
	}
}

func TestAFloodOfAddressesTakesBoundedMemory(t *testing.T) {
	s := newSite(t, func(base string) Config { return Config{Base: base, Forwarded: true} })
	request := func(forwarded string) string {
		r, err := http.NewRequest(http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = "10.0.0.1:5000"
		r.Header.Set("X-Forwarded-For", forwarded)
		return s.gate.address(r)
	}
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "1.2.3.4, 192.0.2.7": "192.0.2.7", "2001:db8::1:2:3:4": "2001:db8::", "::ffff:192.0.2.7": "192.0.2.7", "rubbish": "unknown", "": "unknown",
	} {
		if got := request(from); got != want {
			t.Errorf("%q counts as %q, want %q", from, got, want)
		}
	}
	l := limiter{every: time.Hour, burst: 1}
	for i := range 3 * maxAddresses {
		l.spend(string(rune(i + 1)))
	}
	if len(l.buckets) > maxAddresses {
		t.Errorf("%d addresses are kept", len(l.buckets))
	}
}
