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
// not fitted included, then what is wanted twice, then the header as a drawing.
// OUTSIDE is the pull that an output's circuit needs to rest when no program
// runs.
func PinsTable(p profile.Profile) string {
	var out strings.Builder
	fmt.Fprintf(&out, "board %s (%s)\n\n", p.Name, p.Title)
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ROLE\tLINE\tHEADER\tDIRECTION\tPULL\tACTIVE\tOUTSIDE\tPURPOSE")
	for _, use := range profile.Uses() {
		w, fitted := p.Wire(use.Role)
		if !fitted {
			fmt.Fprintf(table, "%s\t-\t-\t%s\t-\t-\t-\t%s (not fitted)\n", use.Role, direction(use), use.Purpose)
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", w.Role, w.Endpoint(),
			positions(p, w), direction(use), pull(w), active(w), outside(w), w.Purpose)
	}
	_ = table.Flush() // a strings.Builder takes everything
	for i, c := range p.Conflicts() {
		if i == 0 {
			out.WriteString("\nConflicts:\n")
		}
		fmt.Fprintf(&out, "!! %s: %s and %s\n", c.Thing, c.A, c.B)
	}
	if p.Pi40 {
		out.WriteString("\n" + HeaderDrawing(p))
	}
	return out.String()
}

func positions(p profile.Profile, w profile.Wire) string {
	var at []string
	for _, position := range p.Positions(w) {
		at = append(at, strconv.Itoa(position))
	}
	if len(at) == 0 {
		return "-"
	}
	return "pin " + strings.Join(at, ", ")
}

func direction(u profile.Use) string {
	switch {
	case u.Kinds&(profile.I2C|profile.Serial) != 0:
		return "both"
	case u.Output:
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
	switch {
	case w.Kind&(profile.Pin|profile.PWM) == 0:
		return "-"
	case w.ActiveLow:
		level = "low"
	}
	if w.NormallyClosed {
		level += ", normally closed"
	}
	return level
}

func outside(w profile.Wire) string {
	switch w.SafePull() {
	case gpio.PullUp:
		return "pull up: " + w.Safe
	case gpio.PullDown:
		return "pull down: " + w.Safe
	}
	if w.Holds {
		return "holds"
	}
	return "-"
}
