package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"

	"studiobox/board/profile"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
)

// sight is what notices that the turntable is blocked, and from which speed on.
type sight struct {
	// from is the speed of the table in deg/s from which on its drive feels it
	// within 200 ms; infinite = it never does.
	from float64
	// home: otherwise the mark that does not come tells, a turn later at most.
	home bool
}

func (f *fitter) sight() sight { return sightOf(f.profile, f.settings.Turntable) }

// sightOf tells it of what is wired and set. A tmc2209 feels the load of its motor
// from one turn of that a second on; pulses that somebody else's driver takes are
// answered by its DIAG or fault line, where there is one.
func sightOf(p profile.Profile, t config.Turntable) sight {
	wired := func(r profile.Role) bool { _, is := p.Wire(r); return is }
	s := sight{from: math.Inf(1), home: wired(profile.TurntableHome)}
	switch {
	case t.Drive == "tmc2209" && t.Stall > 0:
		s.from = 360 / math.Abs(t.Gear)
	case t.Drive != "tmc2209" && wired(profile.TurntableDiag):
		s.from = 0
	}
	return s
}

// at puts into words what notices it at a speed in deg/s; ok = something does.
func (s sight) at(speed float64) (words string, ok bool) {
	switch {
	case speed >= s.from && s.from == 0:
		return "as soon as the motor driver's DIAG tells", true
	case speed >= s.from:
		return "by its load, within 200 ms", true
	case s.home:
		return fmt.Sprintf("at the home mark, within %.0f s", math.Ceil(360/speed)), true
	}
	return "by nothing", false
}

// tell logs of which looks a blocked table is noticed late, or never.
func (s *sight) tell(looks map[string]look.Look, limit float64, log *slog.Logger) {
	if s == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(looks)) {
		move, moves := looks[name].Table.Move()
		speed := min(move.Speed, limit)
		if !moves || speed >= s.from {
			continue
		}
		words, ok := s.at(speed)
		level := slog.LevelInfo
		if !ok {
			level = slog.LevelWarn
		}
		log.Log(context.Background(), level, "a blocked turntable is not felt by its drive in this look", "look", name, "deg_per_s", speed, "noticed", words)
	}
}

// sightFindings tells at which speeds a blocked table is noticed, and by what.
func sightFindings(p profile.Profile, t config.Turntable) []finding {
	fitted := false
	for _, role := range []profile.Role{profile.TurntableStep, profile.TurntablePWM, profile.TurntableUART} {
		_, is := p.Wire(role)
		fitted = fitted || is
	}
	if !fitted {
		return nil
	}
	s := sightOf(p, t)
	var findings []finding
	for _, speed := range []float64{min(slowLook, t.Speed), t.Speed} {
		words, ok := s.at(speed)
		findings = append(findings, finding{
			part: fmt.Sprintf("turntable blocked at %g degrees/s", speed), found: "noticed " + words, needed: "noticed", ok: ok,
			mend: "wire turntable.home, or a drive that feels its load at this speed",
		})
	}
	return findings
}

// slowLook is the speed of the look "slow" in deg/s, the slowest of them.
const slowLook = 18
