package panel

import (
	"crypto/sha256"
	_ "embed" // the report's style
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// reportStyle goes into each report, so that a saved one needs nothing else.
//
//go:embed report.css
var reportStyle string

// reportPolicy allows a report its own style and, on the page, the script of
// the print button. A saved one runs nothing.
func reportPolicy() string {
	sum := sha256.Sum256([]byte(reportStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; " +
		"base-uri 'none'; form-action 'none'"
}

// privatePage is private for what a person opens in a browser: without a
// session it leads to the way in.
func (p *Panel) privatePage(next http.HandlerFunc) http.HandlerFunc {
	guarded := p.private(next)
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.access.allowed(r) {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		guarded(w, r)
	}
}

// serveReport shows the report of the newest show, or of the one in the path.
// With .html behind the number it is a file to keep.
func (p *Panel) serveReport(w http.ResponseWriter, r *http.Request) {
	if p.deps.Shows == nil {
		http.NotFound(w, r)
		return
	}
	page := reportPage{speaker: p.speaker(r), kinds: p.kinds, query: reportQuery(r), shows: p.deps.Shows.Shows()}
	name, file := strings.CutSuffix(r.PathValue("show"), ".html")
	page.file = file
	show, err := strconv.Atoi(name)
	if name == "" && len(page.shows) > 0 {
		show, err = page.shows[0].Show, nil
	}
	if name != "" || len(page.shows) > 0 {
		found := false
		if page.report, found = p.deps.Shows.Report(show); err != nil || !found {
			http.NotFound(w, r)
			return
		}
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", page.lang)
	header.Set("Content-Security-Policy", reportPolicy()+"; script-src 'self'; frame-ancestors 'none'")
	if file {
		day := page.report.From.In(page.zone).Format(time.DateOnly)
		header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="studiobox-show-%d-%s.html"`, show, day))
	}
	_, _ = w.Write([]byte(page.html())) // the visitor left: nobody to tell
}

// speaker takes the language and the visitor's clock from the query, which the
// page fills in; without it, the browser's wish and the box's own clock.
func (p *Panel) speaker(r *http.Request) speaker {
	query := r.URL.Query()
	lang := languageOf(r)
	if wish := query.Get("lang"); wish != "" {
		lang = pickLanguage(wish)
	}
	s := speaker{lang: lang, table: p.words[lang], zone: time.Local}
	const most = 14 * 60 // minutes that any clock on earth is off UTC
	if minutes, err := strconv.Atoi(query.Get("utc")); err == nil && minutes >= -most && minutes <= most {
		s.zone = time.FixedZone("", minutes*60)
	}
	return s
}

// reportQuery is what links within the report hand on.
func reportQuery(r *http.Request) url.Values {
	query := url.Values{}
	for _, name := range []string{"lang", "utc"} {
		if value := r.URL.Query().Get(name); value != "" {
			query.Set(name, value)
		}
	}
	return query
}
