package contract

import (
	"encoding/json"
	"math"
	"strings"
)

// Limits that hold in all payloads.
const (
	// maxMoment is the latest Unix time in seconds: the year 2286.
	maxMoment = 9_999_999_999
	// maxCount is the largest whole number that every reader of JSON tells from
	// its neighbours.
	maxCount = 1<<53 - 1
)

// encode marshals structs of strings, integers and finite floats, which cannot
// fail.
func encode(payload any) []byte {
	text, err := json.Marshal(payload)
	if err != nil {
		panic("contract: payload cannot be encoded: " + err.Error())
	}
	return text
}

// bit is 0 or 1.
func bit(figure int) int { return min(max(figure, 0), 1) }

// moment keeps a Unix time within what is sent.
func moment(seconds int64) int64 { return min(max(seconds, 0), maxMoment) }

// within keeps a figure between Unknown and its largest value.
func within(figure, largest int) int { return min(max(figure, Unknown), largest) }

// celsius keeps a temperature within its range; what is no number is Unknown.
func celsius(degrees float64) float64 {
	if math.IsNaN(degrees) {
		return Unknown
	}
	return min(max(degrees, Unknown), 150)
}

// loudness keeps a loudness between silence, which is -70, and full scale; what
// is no number is not known.
func loudness(lufs *float64) *float64 {
	if lufs == nil || math.IsNaN(*lufs) {
		return nil
	}
	within := min(max(*lufs, -70), 0)
	return &within
}

// decimal rounds to one decimal. The sum turns -0 into 0.
func decimal(figure float64) float64 { return math.Round(figure*10)/10 + 0 }

// word keeps up to 12 letters of a state's name. What no name consists of is cut
// off, since JSON could write it in six bytes a letter.
func word(text string) string {
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && c != '_' || i == 12 {
			return text[:i]
		}
	}
	return text
}

// plain keeps at most that many bytes of printable ASCII; anything else could be
// written by JSON in six bytes a letter, and so becomes a question mark.
func plain(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '<' || r == '>' || r == '&' || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), most)]
}
