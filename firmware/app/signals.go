package app

import (
	"errors"
	"net"

	"studiobox/board"
	"studiobox/board/profile"
	"studiobox/drivers/indicator"
	"studiobox/drivers/indicator/display"
	"studiobox/drivers/power"
	"studiobox/firmware/run"
)

// extras are what tells, beside the lamp, how the show stands, and the camera's
// supply; nil = not fitted.
type extras struct {
	buzzer *indicator.Buzzer
	screen *display.Display
	supply *power.Camera
}

// fitExtras opens what the profile has wired of them.
func fitExtras(b *board.Board, p profile.Profile) (e extras, err error) {
	if wire, fitted := p.Wire(profile.Buzzer); fitted {
		pin, missing := b.Pin(profile.Buzzer)
		err = errors.Join(err, missing)
		e.buzzer = indicator.NewBuzzer(indicator.Light{Pin: pin, ActiveLow: wire.ActiveLow})
	}
	if _, fitted := p.Wire(profile.Display); fitted {
		bus, address, missing := b.I2C(profile.Display)
		if missing == nil {
			e.screen, missing = display.New(bus, display.Config{Address: address})
		}
		err = errors.Join(err, missing)
	}
	if wire, fitted := p.Wire(profile.PowerCamera); fitted {
		pin, missing := b.Pin(profile.PowerCamera)
		err = errors.Join(err, missing)
		e.supply = power.New(power.Config{Pin: pin, ActiveLow: wire.ActiveLow})
	}
	return e, err
}

// runs are the parts of it that run by themselves.
func (e extras) runs() (parts []run.Part) {
	if e.buzzer != nil {
		parts = append(parts, run.Part{Name: "buzzer", Run: e.buzzer.Run})
	}
	if e.screen != nil {
		parts = append(parts, run.Part{Name: "display", Run: e.screen.Run})
	}
	return parts
}

// tell says how the show stands; pattern is the lamp's.
func (e extras) tell(pattern string, kbps int, page net.Addr) {
	if e.buzzer != nil {
		_ = e.buzzer.Set(pattern) // the same names as the lamp's
	}
	if e.screen != nil {
		_ = e.screen.Show(display.Screen{State: pattern, RateKbps: kbps, Address: ownAddress(page)})
	}
}

func (e extras) halt() error {
	var errs []error
	if e.buzzer != nil {
		errs = append(errs, e.buzzer.Halt())
	}
	if e.screen != nil {
		errs = append(errs, e.screen.Halt())
	}
	if e.supply != nil {
		errs = append(errs, e.supply.Halt())
	}
	return errors.Join(errs...)
}

// ownAddress is where a phone on the same network finds the page; empty while the
// box has no address.
func ownAddress(page net.Addr) string {
	_, port, err := net.SplitHostPort(page.String())
	if err != nil {
		return ""
	}
	addresses, _ := net.InterfaceAddrs() // none: there is nothing to show
	for _, address := range addresses {
		network, isNetwork := address.(*net.IPNet)
		if isNetwork && network.IP.IsGlobalUnicast() && network.IP.To4() != nil {
			return "http://" + net.JoinHostPort(network.IP.String(), port)
		}
	}
	return ""
}
