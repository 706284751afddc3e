package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"studiobox/board"
	"studiobox/board/profile"
)

// inUse is what of a board is found in the hands of this program's own daemon.
const inUse = "in use by the running studiobox"

// boardFindings tells whether the board's pins are free, or held by the box that
// runs here, and whether everything comes to rest by itself when no program runs.
func boardFindings(name string, running bool) []finding {
	p, err := profile.Load(name)
	if err != nil {
		return []finding{{part: "pins", found: "not usable", needed: name, mend: err.Error()}}
	}
	pins := finding{part: "pins", found: inUse, needed: name, ok: true}
	if !running {
		var b *board.Board
		if b, err = board.Open(p); err == nil {
			err = b.Close()
		}
		pins = held(pins, "free", err)
	}
	return append([]finding{pins}, safetyFindings(p, "/")...)
}

// safetyFindings tell which outputs rest by themselves when no program drives them,
// on the computer whose root is given.
func safetyFindings(p profile.Profile, root string) (findings []finding) {
	safety := profile.CheckPulls(p)
	if release, known := profile.CheckRelease(root); known {
		safety = append(safety, release)
	}
	for _, f := range safety {
		findings = append(findings, finding{part: f.Part, found: f.Found, needed: f.Needed, mend: f.Mend, ok: f.OK})
	}
	return findings
}

// warnOfOutputs says at start what the doctor says when it is asked: a box whose
// motor goes on without a program must not wait for somebody to ask.
func warnOfOutputs(findings []finding, log *slog.Logger) {
	for _, f := range findings {
		if !f.ok {
			log.Warn("an output may go on when no program runs", "part", f.part, "found", f.found, "needed", f.needed, "mend", f.mend)
		}
	}
}

// held judges how opening something ended: free, in the hands of a daemon that this
// user cannot ask, which its lines name as their consumer, or not usable.
func held(f finding, free string, err error) finding {
	switch {
	case err == nil:
		f.found, f.ok = free, true
	case slices.ContainsFunc([]string{filepath.Base(os.Args[0]), "studiobox"}, func(name string) bool {
		return strings.Contains(err.Error(), `is held by "`+name+"@")
	}):
		f.found, f.ok = inUse, true
	default:
		f.found, f.mend, f.ok = "not usable", err.Error(), false
	}
	return f
}

// busFindings asks every device on a bus whether it is there, and opens every
// serial port.
func busFindings(p profile.Profile, running bool) []finding {
	roles := busRoles(p)
	if len(roles) == 0 {
		return nil
	}
	b, err := board.Open(p, roles...) // of pins it takes none
	if err != nil {
		return []finding{{part: "buses", found: "not usable", needed: p.Name, mend: err.Error()}}
	}
	findings := askBuses(p, b, running)
	_ = b.Close() // nothing was changed
	return findings
}

// busRoles are what hangs on a bus or at a port.
func busRoles(p profile.Profile) (roles []profile.Role) {
	for _, w := range p.Wires {
		if w.Kind == profile.I2C || w.Kind == profile.Serial {
			roles = append(roles, w.Role)
		}
	}
	return roles
}

// askBuses asks all of them. A port that a running box holds is in use.
func askBuses(p profile.Profile, b buses, running bool) (findings []finding) {
	for _, role := range busRoles(p) {
		w, _ := p.Wire(role)
		free, err := "answers", error(nil)
		if w.Kind == profile.I2C {
			_, _, err = b.I2C(role)
		} else {
			free = "free"
			_, err = b.Serial(role)
		}
		f := held(finding{part: string(role), needed: w.Endpoint()}, free, err)
		if !f.ok && running && strings.Contains(f.mend, "is held by another program") {
			f.found, f.mend, f.ok = inUse, "", true
		}
		findings = append(findings, f)
	}
	return findings
}
