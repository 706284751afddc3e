package condition

import "strings"

// Words is one code in one language.
type Words struct {
	Title string // what is wrong, in a few words; no full stop
	Mend  string // what a person beside the box can do, in sentences
	Ops   string // what ops should do, in sentences
}

// entry is one code in every language.
type entry struct{ ja, en, zh Words }

// Text puts a code into words. The language is "ja", "en" or "zh", also with a
// region ("zh-CN"); any other counts as English. All are empty for an unknown
// code.
func Text(code, lang string) Words {
	e := lookup(code)
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	switch lang {
	case "ja":
		return e.ja
	case "zh":
		return e.zh
	}
	return e.en
}

// lookup finds a code in the tables; the zero entry if it is in none.
func lookup(code string) entry {
	for _, table := range []map[string]entry{boxWords, pictureWords, streamWords, studioWords, fleetWords} {
		if e, ok := table[code]; ok {
			return e
		}
	}
	return entry{}
}
