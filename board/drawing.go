package board

import (
	"fmt"
	"strings"

	"studiobox/board/profile"
)

// roleWidth is the room for roles on either side of the header; a row has
// twice that and the header's 26 columns, 78 in all.
const roleWidth = 26

// HeaderDrawing shows the 40-pin header of a Raspberry Pi as seen from above,
// pin 1 at the top left, with the roles beside their pins. No line is longer
// than 80 columns; "!" marks a pin that is wanted twice.
func HeaderDrawing(p profile.Profile) string {
	roles := rolesAt(p)
	names := profile.HeaderPins()
	var out strings.Builder
	for left := 1; left < len(names); left += 2 {
		row := fmt.Sprintf("%*s %6s %2d|%-2d %-6s %s", roleWidth, roles[left], names[left-1],
			left, left+1, names[left], roles[left+1])
		out.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	return out.String()
}

// rolesAt writes the roles of each pin into the room beside it.
func rolesAt(p profile.Profile) map[int]string {
	at := map[int][]string{}
	for _, w := range p.Wires {
		for _, position := range p.Positions(w) {
			at[position] = append(at[position], string(w.Role))
		}
	}
	twice := map[string]bool{}
	for _, c := range p.Conflicts() {
		twice[c.Thing] = true
	}
	text := map[int]string{}
	for position, roles := range at {
		mark := ""
		if twice["pin "+profile.HeaderPins()[position-1]] {
			mark = "! "
		}
		text[position] = fit(roles, mark)
	}
	return text
}

// fit joins as many roles as there is room for and counts the rest.
func fit(roles []string, mark string) string {
	for n := len(roles); n > 0; n-- {
		text := mark + strings.Join(roles[:n], ", ")
		if rest := len(roles) - n; rest > 0 {
			text += fmt.Sprintf(" +%d", rest)
		}
		if len(text) <= roleWidth {
			return text
		}
	}
	return fmt.Sprintf("%s%d roles", mark, len(roles))
}
