package board

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
)

// PinsTable is the profile as people wire it: one row per role, those that are
// not fitted included.
func PinsTable(p profile.Profile) string {
	var out strings.Builder
	fmt.Fprintf(&out, "board %s (%s)\n\n", p.Name, p.Title)
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ROLE\tLINE\tHEADER\tDIRECTION\tPULL\tACTIVE\tPURPOSE")
	for _, use := range profile.Uses() {
		w, fitted := p.Wire(use.Role)
		if !fitted {
			fmt.Fprintf(table, "%s\t-\t-\t%s\t-\t-\t%s (not fitted)\n", use.Role, direction(use), use.Purpose)
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", w.Role, w.Pin,
			position(w), direction(use), pull(w), active(w), w.Purpose)
	}
	_ = table.Flush() // a strings.Builder takes everything
	return out.String()
}

func position(w profile.Wire) string {
	if w.Position == 0 {
		return "-"
	}
	return "pin " + strconv.Itoa(w.Position)
}

func direction(u profile.Use) string {
	if u.Output {
		return "out"
	}
	return "in"
}

func pull(w profile.Wire) string {
	switch {
	case w.Output:
		return "-"
	case w.Pull == gpio.PullUp:
		return "up"
	case w.Pull == gpio.PullDown:
		return "down"
	}
	return "none"
}

func active(w profile.Wire) string {
	level := "high"
	if w.ActiveLow {
		level = "low"
	}
	if w.NormallyClosed {
		level += ", normally closed"
	}
	return level
}
