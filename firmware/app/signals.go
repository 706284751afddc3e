package app

import (
	"errors"
	"net"
	"time"

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
func fitExtras(w wires, b buses, p profile.Profile) (e extras, err error) {
	if wire, fitted := p.Wire(profile.Buzzer); fitted {
		pin, missing := w.Pin(profile.Buzzer)
		err = errors.Join(err, missing)
		e.buzzer = indicator.NewBuzzer(indicator.Light{Pin: pin, ActiveLow: wire.ActiveLow})
	}
	if wire, fitted := p.Wire(profile.Display); fitted {
		bus := &lateBus{role: profile.Display, open: b.I2C}
		screen, wrong := display.New(bus, display.Config{Address: wire.Addr})
		e.screen, err = screen, errors.Join(err, wrong)
	}
	if wire, fitted := p.Wire(profile.PowerCamera); fitted {
		pin, missing := w.Pin(profile.PowerCamera)
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

// tell says how the show stands; pattern is the lamp's, whose names the buzzer has.
func (e extras) tell(pattern string, screen display.Screen) {
	if e.buzzer != nil {
		_ = e.buzzer.Set(pattern)
	}
	if e.screen != nil {
		_ = e.screen.Show(screen) // an address that makes no code is shown as text
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

// wayToPage is where a phone on the same network finds the page.
type wayToPage struct {
	port  string
	asked time.Time
	known string
}

// addressFor is for how long an address passes for the present one.
const addressFor = 5 * time.Second

// now is empty while the box has no address.
func (w *wayToPage) now() string {
	if now := time.Now(); w.asked.IsZero() || now.Sub(w.asked) >= addressFor {
		w.asked, w.known = now, ownAddress(w.port)
	}
	return w.known
}

func ownAddress(port string) string {
	addresses, _ := net.InterfaceAddrs() // none: there is nothing to show
	for _, address := range addresses {
		network, isNetwork := address.(*net.IPNet)
		if isNetwork && network.IP.IsGlobalUnicast() && network.IP.To4() != nil {
			return "http://" + net.JoinHostPort(network.IP.String(), port)
		}
	}
	return ""
}
