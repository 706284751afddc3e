package contract

import (
	"fmt"

	"github.com/oklog/ulid/v2"
)

// The lengths that ids may have, in characters.
const (
	maxTenant = 24
	minBox    = 6
	maxBox    = 24
)

// CheckTenant refuses a tenant id that is not 1 to 24 of a-z, 0-9 and "-". The
// narrow alphabet keeps MQTT's own characters (/, +, #, $) out of topics and
// access lists.
func CheckTenant(id string) error {
	if len(id) < 1 || len(id) > maxTenant || !only(id, 'a', 'z') {
		return fmt.Errorf("tenant %q must be 1 to %d characters of a-z, 0-9 and -", id, maxTenant)
	}
	return nil
}

// CheckBox refuses a box id that is not 6 to 24 of A-Z, 0-9 and "-".
func CheckBox(id string) error {
	if len(id) < minBox || len(id) > maxBox || !only(id, 'A', 'Z') {
		return fmt.Errorf("box id %q must be %d to %d characters of A-Z, 0-9 and -", id, minBox, maxBox)
	}
	return nil
}

// only tells whether the text is made of one case of letters, digits and "-".
func only(text string, first, last byte) bool {
	for i := range len(text) {
		c := text[i]
		letter := first <= c && c <= last
		digit := '0' <= c && c <= '9'
		if !letter && !digit && c != '-' {
			return false
		}
	}
	return true
}

// CheckID refuses what is no ULID in its canonical form: 26 characters of
// Crockford's base 32 in upper case.
func CheckID(id string) error {
	if parsed, err := ulid.ParseStrict(id); err != nil || parsed.String() != id {
		return fmt.Errorf("command id %q must be a ULID: 26 characters, upper case", id)
	}
	return nil
}
