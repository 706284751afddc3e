package console

import (
	"net"
	"net/http"
	"strings"
)

// contentPolicy lets the page run its own files and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxBody bounds every request body: a signed command is the largest.
const maxBody = 16 << 10

// guard stands before every route: it sets the headers that keep a browser
// strict, refuses foreign names of this console, and bounds what is sent to it.
func (c *Console) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if c.cfg.Secure {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !c.answersTo(r.Host) {
			http.Error(w, "This console does not answer to that name.", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

func (c *Console) answersTo(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	for _, own := range c.cfg.Hosts {
		if strings.EqualFold(name, own) {
			return true
		}
	}
	return false
}
