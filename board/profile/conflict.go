package profile

import (
	"fmt"
	"strings"
)

// Conflict is two roles that want one thing.
type Conflict struct {
	Thing string // such as "pin GPIO17"
	A, B  Role
}

// ConflictError refuses a profile in which two roles want one thing. Draft is
// that profile, to be shown and not to be opened.
type ConflictError struct {
	Draft Profile
	text  string
}

// Error tells the first conflict in one line.
func (e *ConflictError) Error() string { return e.text }

// claim is a thing that a wire takes. Wires that name the same sharer, a bus,
// may take it together.
type claim struct{ thing, sharer string }

func (w Wire) claims() []claim {
	var claims []claim
	sharer := ""
	switch w.Kind {
	case PWM, PCA9685:
		claims = append(claims, claim{"channel " + w.Endpoint(), ""})
	case DMX:
		claims = append(claims, claim{fmt.Sprintf("channel dmx/%d", w.Channel), ""})
		if w.Wide {
			claims = append(claims, claim{fmt.Sprintf("channel dmx/%d", w.Channel+1), ""})
		}
	case I2C:
		claims = append(claims, claim{"address " + w.Endpoint(), ""})
		sharer = fmt.Sprintf("i2c-%d", w.Bus)
	case Serial:
		claims = append(claims, claim{"port " + w.Endpoint(), ""})
	}
	for _, line := range w.Header() {
		claims = append(claims, claim{"pin " + line, sharer})
	}
	return claims
}

// Conflicts returns what is wanted twice, in the order of Wires.
func (p Profile) Conflicts() []Conflict {
	type owner struct {
		role   Role
		sharer string
	}
	var conflicts []Conflict
	owners := map[string]owner{}
	for _, w := range p.Wires {
		for _, c := range w.claims() {
			first, taken := owners[c.thing]
			switch {
			case !taken:
				owners[c.thing] = owner{w.Role, c.sharer}
			case c.sharer == "" || c.sharer != first.sharer:
				conflicts = append(conflicts, Conflict{c.thing, first.role, w.Role})
			}
		}
	}
	return conflicts
}

// refuseConflict turns the first conflict into an error with its lines.
func (p *parser) refuseConflict(draft Profile) error {
	conflicts := draft.Conflicts()
	if len(conflicts) == 0 {
		return nil
	}
	c := conflicts[0]
	at := func(r Role) int {
		w, _ := draft.Wire(r)
		key := w.Kind.key()
		if w.Kind != Pin && strings.HasPrefix(c.Thing, "pin ") {
			key = "lines"
		}
		return p.lineOf(string(r) + "." + key)
	}
	return &ConflictError{draft, fmt.Sprintf("%s is used twice: by %s (line %d) and by %s (line %d): give one of them another",
		c.Thing, c.A, at(c.A), c.B, at(c.B))}
}
