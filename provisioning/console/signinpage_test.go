package console

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"studiobox/provisioning/console/language"
	"studiobox/provisioning/console/signin"
)

// The pages of the sign-in in a browser, in every language and on a phone: with
// their style, which the content policy lets in, and in the language that the
// reader chose on the console.
func TestThePagesOfTheSignInFitTheirScreen(t *testing.T) {
	b := newBrowser(t)
	server := httptest.NewUnstartedServer(nil)
	gate, err := signin.New(signin.Config{Base: "http://" + server.Listener.Addr().String()}, &signin.Memory{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	deps := newConsole(t, nil).deps
	deps.Gate = gate
	real, err := New(Config{Hosts: []string{"127.0.0.1"}}, deps, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	server.Config = &http.Server{Handler: real.Handler()}
	server.Start()
	defer server.Close()
	link, err := gate.Link(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range language.All() {
		b.call("Network.setCookie", parameters{Name: language.Cookie, Value: lang, URL: server.URL})
		for _, width := range []int{1280, 390} {
			for name, address := range map[string]string{"signin": server.URL + "/signin/out", "link": link} {
				what := fmt.Sprintf("%s-%s-%d", name, lang, width)
				b.size(width, 844)
				b.dark(lang == "ja")
				eval[bool](b, "window.leaving = true")
				b.call("Page.navigate", parameters{URL: address})
				b.until("the page is there", "!window.leaving && document.readyState === 'complete' && document.querySelector('button, .button')")
				if got := eval[string](b, "document.documentElement.lang"); got != lang {
					t.Errorf("%s: the page is in %q", what, got)
				}
				if got := eval[float64](b, "document.querySelector('button, .button').getBoundingClientRect().height"); got < 44 {
					t.Errorf("%s: the button is %v high: has it no style?", what, got)
				}
				b.layoutKept(what)
				b.shoot(what, false)
			}
		}
	}
	b.contentKept()
}
