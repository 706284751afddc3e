package signin

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Gate signs people in and out, and stands before every page.
type Gate struct {
	config   Config
	store    SessionStore
	log      *slog.Logger
	now      func() time.Time
	template *template.Template
	provider provider
	failures limiter
	starts   limiter
}

// New makes a gate. It does not speak to the provider yet: a console whose
// provider is away starts all the same.
func New(config Config, store SessionStore, log *slog.Logger) (*Gate, error) {
	config, err := config.checked()
	if err != nil {
		return nil, err
	}
	return &Gate{
		config: config, store: store, log: log, now: time.Now, template: newTemplate(),
		failures: limiter{every: time.Minute, burst: 10},
		starts:   limiter{every: time.Second, burst: 60},
	}, nil
}

// Run removes what is past its time until ctx ends; sessions end without it, too.
func (g *Gate) Run(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := g.store.Sweep(ctx); err != nil {
				g.log.Warn("old sessions stay in the store", "err", err)
			}
		}
	}
}

// Handler serves the pages below [Path]:
//
//	GET  /signin/?return=/boxes  begins; the address is one of this console
//	GET  /signin/callback        where the provider sends people back to
//	GET  /signin/link?token=...  a button; POST uses the link of the first start
//	POST /signin/out             ends the session; carries the token of [CSRF]
//	GET  /signin/out             where the provider sends people who signed out there, too
func (g *Gate) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"{$}", g.start)
	mux.HandleFunc("GET "+Path+"callback", g.callback)
	mux.HandleFunc("GET "+Path+"link", g.linkPage)
	mux.HandleFunc("POST "+Path+"link", g.useLink)
	mux.Handle("POST "+Path+"out", g.Require(http.HandlerFunc(g.signOut)))
	mux.HandleFunc("GET "+Path+"out", func(w http.ResponseWriter, r *http.Request) { g.show(w, r, http.StatusOK, tellOut) })
	mux.HandleFunc("GET "+Path+"page.css", serveStyle)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	})
}

// Require lets only signed-in people through. Others are sent to the sign-in
// from a page, and get 401 from anything else. A request that may change
// something must carry the session's token and must not come from another site.
func (g *Gate) Require(next http.Handler) http.Handler { return g.guard(next, true) }

// Watch is Require for what a page asks by itself: it does not count as use, so
// that a session ends although a page stays open.
func (g *Gate) Watch(next http.Handler) http.Handler { return g.guard(next, false) }

func (g *Gate) guard(next http.Handler, use bool) http.Handler {
	var origin http.CrossOriginProtection
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := g.session(r, use)
		switch {
		case errors.Is(err, errNobody):
			g.turnAway(w, r)
			return
		case err != nil:
			g.log.Error("sessions cannot be read", "err", err)
			g.show(w, r, http.StatusServiceUnavailable, tellStore)
			return
		}
		if origin.Check(r) != nil || !safe(r.Method) && !s.holds(w, r) {
			g.show(w, r, http.StatusForbidden, tellForged)
			return
		}
		w.Header().Add("Vary", "Cookie")
		next.ServeHTTP(w, r.WithContext(With(r.Context(), s.user, s.csrf())))
	})
}

// turnAway sends a page's reader to the sign-in and tells all others 401.
func (g *Gate) turnAway(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, Path+"?return="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	g.show(w, r, http.StatusUnauthorized, tellSignIn)
}

// safe tells methods that change nothing.
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// signOut ends the session of this request, and leads on to the provider where
// that can end its own.
func (g *Gate) signOut(w http.ResponseWriter, r *http.Request) {
	s, err := g.session(r, false)
	if err == nil {
		err = g.end(r)
	}
	if err != nil && !errors.Is(err, errNobody) {
		g.log.Error("a session could not be ended", "err", err)
		g.show(w, r, http.StatusServiceUnavailable, tellStore)
		return
	}
	g.setCookie(w, sessionCookie, "", -1)
	next := ""
	if err == nil && !s.Who.Link {
		next = g.farewell(patient(r.Context()))
	}
	if next != "" {
		// A redirect would be that of a form, which the console's content
		// policy keeps on this host.
		w.Header().Set("Refresh", "0; url="+next)
	}
	g.page(w, r, http.StatusOK, sheet{Next: next}, tellOut)
}

// enter begins a session, ends the one that the browser had, and leads on to the
// page that was asked for.
func (g *Gate) enter(w http.ResponseWriter, r *http.Request, who person, where string) error {
	user, err := g.userOf(who)
	if err != nil {
		return err
	}
	if err := g.end(r); err != nil {
		return err
	}
	token, err := g.begin(r.Context(), who)
	if err != nil {
		return err
	}
	if _, err := g.store.Swap(r.Context(), firstKey, nil, []byte("{}"), g.forever()); err != nil {
		return fmt.Errorf("%w: remember the first sign-in: %w", errStore, err)
	}
	g.setCookie(w, sessionCookie, token, int(g.config.Absolute.Seconds()))
	g.log.Info("signed in", "subject", user.Subject, "role", user.Role, "tenant", user.Tenant, "all", user.All)
	http.Redirect(w, r, where, http.StatusSeeOther)
	return nil
}
