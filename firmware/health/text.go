package health

import (
	"strings"

	"studiobox/provisioning/contract/condition"
)

// The codes of refusals and faults that are neither a check nor a condition;
// the session machine gives them as the reason why nothing goes on air.
const (
	WhyChecksTimeout = "checks_timeout" // the checks gave no answer in time
	WhyGaveUp        = "gave_up"        // the ingest stayed away for too long
	WhyRemoteStart   = "remote_start"   // a start from afar that the business has not allowed
	WhyShutdown      = "shutdown"       // the box is being switched off
	WhyLineButton    = "line_button"    // a press that was a broken or shorted wire
	WhyLinePanel     = "line_panel"     // a press on the page whose connection broke
	WhyBox           = "box"            // a fault in the program itself
)

// words is one code in one language.
type words struct{ title, mend string }

// entry is one code in every language.
type entry struct{ ja, en, zh words }

// Text puts a code of a condition, check or refusal into words: what is wrong
// in a few words, and what a person can do about it. The language is "ja", "en"
// or "zh", also with a region ("zh-CN"); any other counts as English. Of several
// codes joined by commas the first is told: one mend at a time. Both texts are
// empty for an unknown code.
func Text(code, lang string) (title, mend string) {
	first, _, _ := strings.Cut(code, ",")
	if w := condition.Text(first, lang); w.Title != "" {
		return w.Title, w.Mend
	}
	e := lookup(first)
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	w := e.en
	switch lang {
	case "ja":
		w = e.ja
	case "zh":
		w = e.zh
	}
	return w.title, w.mend
}

// lookup finds the code of a check or a refusal; the zero entry if it is neither.
func lookup(code string) entry {
	if e, ok := checkWords[code]; ok {
		return e
	}
	return refusalWords[code]
}
