package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // a reader's zone must be known on a server without zone files

	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/language"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
)

// zoneCookie holds the reader's zone. It is set by the page's script, which alone
// knows it.
const zoneCookie = "zone"

// visit is one request of somebody known.
type visit struct {
	*http.Request
	user  signin.User
	scope roster.Scope            // what the user may see
	me    string                  // how others read of the user
	name  func(who string) string // how this visitor reads of others
	say   words.Speaker
	zone  string // IANA name; empty: the browser has not told yet
	csrf  string
}

// visit reads who came; ok is false for nobody known.
func (c *Console) visit(r *http.Request) (v *visit, ok bool) {
	user, ok := signin.From(r.Context())
	zone, name := zoneOf(r)
	v = &visit{
		Request: r, user: user, scope: roster.Scope{All: user.All, Tenant: user.Tenant}, me: user.Name,
		say: c.words.Speaker(language.Of(r), zone, c.cfg.Now()), zone: name, csrf: signin.CSRF(r.Context()),
	}
	if v.me == "" {
		v.me = user.Subject
	}
	c.people.meet(user.Subject, v.me)
	v.name = c.people.name
	return v, ok
}

// zoneOf is the reader's zone, UTC until the browser has told it.
func zoneOf(r *http.Request) (*time.Location, string) {
	cookie, err := r.Cookie(zoneCookie)
	if err != nil {
		return time.UTC, ""
	}
	name, err := url.QueryUnescape(cookie.Value)
	if err != nil || name == "Local" || len(name) > 64 {
		return time.UTC, ""
	}
	zone, err := time.LoadLocation(name) // refuses paths out of its folder
	if err != nil {
		return time.UTC, ""
	}
	return zone, name
}

// setLanguage keeps the reader's choice.
func (c *Console) setLanguage(w http.ResponseWriter, v *visit) {
	lang := v.PostFormValue("lang")
	if !language.Known(lang) {
		c.fail(w, v, http.StatusBadRequest)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: language.Cookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: c.cfg.Secure, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, v.Request, inside(v.PostFormValue("back")), http.StatusSeeOther)
}

// inside keeps a way back on this console: an address without a host.
func inside(back string) string {
	at, err := url.Parse(back)
	if err != nil || at.Host != "" || at.Scheme != "" || !strings.HasPrefix(back, "/") ||
		strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n") {
		return "/"
	}
	return back
}
