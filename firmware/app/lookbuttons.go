package app

import (
	"fmt"
	"slices"

	"studiobox/board/profile"
	"studiobox/drivers/button"
	"studiobox/firmware/config"
	"studiobox/firmware/run"
)

// lookLines are the look buttons that the profile has wired, each with the name
// of its look. A press sets the look; a long press brings the table to rest.
func lookLines(w wires, p profile.Profile, s config.Studio) ([]lookLine, error) {
	var lines []lookLine
	for _, b := range []struct {
		role profile.Role
		look string
	}{
		{profile.ButtonLook1, s.Look1}, {profile.ButtonLook2, s.Look2},
		{profile.ButtonLook3, s.Look3}, {profile.ButtonLook4, s.Look4},
	} {
		wire, fitted := p.Wire(b.role)
		if !fitted {
			continue
		}
		pin, err := w.Pin(b.role)
		if err != nil {
			return nil, err
		}
		cfg := button.Config{ActiveLow: wire.ActiveLow, NormallyClosed: wire.NormallyClosed, Pull: wire.Pull}
		lines = append(lines, lookLine{button.Line{Name: string(b.role), Pin: pin, Config: cfg}, b.look})
	}
	return lines, nil
}

// lookLine is a button with its look.
type lookLine struct {
	button.Line
	look string
}

// bind has the buttons set their looks while the studio runs.
func (s *studio) bind(lines []lookLine) error {
	if len(lines) == 0 {
		return nil
	}
	looks := map[string]string{}
	var plain []button.Line
	for _, l := range lines {
		if names := s.director.Names(); !slices.Contains(names, l.look) {
			return fmt.Errorf("%s is to set %q, but there is no such look (studio.look1 to look4; there are %v)", l.Name, l.look, names)
		}
		looks[l.Name], plain = l.look, append(plain, l.Line)
	}
	panel, err := button.NewPanel(plain...)
	if err != nil {
		return err
	}
	panel.OnGesture = func(name string, g button.Gesture) {
		switch g.Meaning {
		case button.Press:
			s.asked(s.SetLook(looks[name]))
		case button.LongPress:
			s.Stop()
		}
	}
	panel.OnEvent = func(name string, e button.Event) {
		if e.Kind == button.Stuck || e.Kind == button.Cut {
			s.log.Warn("a look button does not work", "button", name, "what", e.Kind.String())
		}
		if s.parts.onButton != nil {
			s.parts.onButton(name, e.Kind)
		}
	}
	s.parts.others = append(s.parts.others, run.Part{Name: "look buttons", Run: panel.Run})
	return nil
}
