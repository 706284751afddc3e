// Package language tells in which language a page is read: that of its reader's
// choice, or of the browser.
package language

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// All are those that the console speaks; the first one is for everybody else.
func All() []string { return []string{"en", "ja", "zh"} }

// Cookie holds the language that a reader chose, on every page of the console.
const Cookie = "lang"

// Known tells whether the console speaks a language.
func Known(lang string) bool { return slices.Contains(All(), lang) }

// Of is the language for a request.
func Of(r *http.Request) string {
	if chosen, err := r.Cookie(Cookie); err == nil && Known(chosen.Value) {
		return chosen.Value
	}
	return Pick(r.Header.Get("Accept-Language"))
}

// Pick is the language for an Accept-Language header (RFC 9110, 12.5.4): the one
// of the highest quality that the console speaks, of any region.
func Pick(accept string) string {
	best, bestQuality := All()[0], 0.0
	for wish := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(wish, ";")
		primary, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
		quality := qualityOf(params)
		for _, lang := range All() {
			if strings.EqualFold(primary, lang) && quality > bestQuality {
				best, bestQuality = lang, quality
			}
		}
	}
	return best
}

// qualityOf reads "q=0.8"; without it the quality is 1, and 0 if unreadable.
func qualityOf(params string) float64 {
	value, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
	if !found {
		return 1
	}
	quality, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0
	}
	return quality
}
