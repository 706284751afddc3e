package panel

import (
	"net/http"
	"strconv"
	"strings"
)

// languages are those the page speaks; the first one is for everybody else.
var languages = [...]string{"en", "ja", "zh"}

// pickLanguage is the page's language for an Accept-Language header
// (RFC 9110, 12.5.4), or for one plain tag: the one with the highest quality
// that the page speaks, of any region.
func pickLanguage(accept string) string {
	best, bestQuality := languages[0], 0.0
	for wish := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(wish, ";")
		primary, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
		quality := qualityOf(params)
		for _, lang := range languages {
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

func languageOf(r *http.Request) string { return pickLanguage(r.Header.Get("Accept-Language")) }
