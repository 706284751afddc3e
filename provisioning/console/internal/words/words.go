// Package words says what the console shows, in the reader's language and in the reader's time.
package words

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"studiobox/provisioning/console/language"
)

// Dictionary is every text by language and key.
type Dictionary map[string]map[string]string

// Load reads one file of texts per language, <language>.json, from a folder.
func Load(folder fs.FS) (Dictionary, error) {
	all := Dictionary{}
	for _, lang := range language.All() {
		file, err := fs.ReadFile(folder, lang+".json")
		if err != nil {
			return nil, fmt.Errorf("the console's texts in %s: %w", lang, err)
		}
		table := map[string]string{}
		if err := json.Unmarshal(file, &table); err != nil {
			return nil, fmt.Errorf("the console's texts in %s: %w", lang, err)
		}
		all[lang] = table
	}
	return all, nil
}

// Speaker returns one reader's voice. now is the moment that ages count from.
func (d Dictionary) Speaker(lang string, zone *time.Location, now time.Time) Speaker {
	return Speaker{Lang: lang, Zone: zone, Now: now, table: d[lang]}
}

// Speaker writes words, figures and times for one reader.
type Speaker struct {
	Lang  string
	Zone  *time.Location
	Now   time.Time
	table map[string]string
}

// Say is the text of a key, with its placeholders filled in from pairs of name
// and value. A key without a text is shown as it is.
func (s Speaker) Say(key string, pairs ...string) string {
	text, known := s.table[key]
	if !known {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text
}

// Code is the text of prefix.code, and the code itself where there is none: a
// newer box may say what this console has no words for.
func (s Speaker) Code(prefix, code string) string {
	if text, known := s.table[prefix+"."+code]; known {
		return text
	}
	return code
}

// Number writes a count with its thousands apart.
func (s Speaker) Number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Signed writes a change, with a true minus.
func (s Speaker) Signed(n int) string {
	switch {
	case n > 0:
		return "+" + s.Number(n)
	case n < 0:
		return "−" + s.Number(-n)
	}
	return "±0"
}
