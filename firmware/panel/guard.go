package panel

import (
	"net/http"
)

// contentPolicy lets the page run its own files and nothing else. Video comes
// as a MediaStream, which needs no source here.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard stands before every route: it sets the headers that keep a browser
// strict, refuses foreign names of this box, and refuses requests that another
// site's page made.
func (p *Panel) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	next = crossOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if !hostAllowed(r.Host, p.cfg.Hosts) {
			http.Error(w, "This box does not answer to that name: open it by its address.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// private lets only open sessions through, and no other site's page, be it
// only to read. (CrossOriginProtection leaves reading alone; under OpenLocal
// there is no cookie that would stop it.)
func (p *Panel) private(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			refuse(w, http.StatusForbidden, "cross_site")
			return
		}
		if !p.access.allowed(r) {
			refuse(w, http.StatusUnauthorized, "no_session")
			return
		}
		next(w, r)
	}
}
