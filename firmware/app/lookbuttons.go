package app

import (
	"fmt"
	"slices"

	"studiobox/board"
	"studiobox/board/profile"
	"studiobox/drivers/button"
	"studiobox/firmware/config"
	"studiobox/firmware/run"
)

// lookButton is a button that sets one look.
type lookButton struct {
	button *button.Button
	look   string
}

// lookButtons are those that the profile has wired.
func lookButtons(b *board.Board, p profile.Profile, s config.Studio) ([]lookButton, error) {
	var buttons []lookButton
	for role, look := range map[profile.Role]string{
		profile.ButtonLook1: s.Look1, profile.ButtonLook2: s.Look2,
		profile.ButtonLook3: s.Look3, profile.ButtonLook4: s.Look4,
	} {
		wire, fitted := p.Wire(role)
		if !fitted {
			continue
		}
		pin, err := b.Pin(role)
		if err != nil {
			return nil, err
		}
		cfg := button.Config{ActiveLow: wire.ActiveLow, NormallyClosed: wire.NormallyClosed, Pull: wire.Pull}
		buttons = append(buttons, lookButton{button.New(pin, cfg), look})
	}
	return buttons, nil
}

// bind makes each button set its look at the press.
func (s *studio) bind(buttons []lookButton) error {
	for _, b := range buttons {
		if !slices.Contains(s.director.Names(), b.look) {
			return fmt.Errorf("a look button is to set %q, but there is no such look (studio.look1 to look4; there are %v)", b.look, s.director.Names())
		}
		b.button.OnEvent = func(e button.Event) {
			if e.Kind == button.Down {
				s.asked(s.SetLook(b.look))
			}
		}
		s.parts.others = append(s.parts.others, run.Part{Name: "look button", Run: b.button.Run})
	}
	return nil
}
