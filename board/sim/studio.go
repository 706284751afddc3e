// Package sim is a studio made of memory: fingers that press, lamps that can be
// read, a table that turns and a light that fades, all driven by one clock.
package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// The roles that a studio has when none are named.
const (
	GoLive    = "button.golive"
	Look      = "button.look"
	LampAir   = "lamp.air"
	LampRed   = "lamp.red"
	LampGreen = "lamp.green"
	LampBlue  = "lamp.blue"
)

// Studio is the twin of one box's surroundings. All of it may be used by many
// goroutines at once.
type Studio struct {
	// Turntable carries the ring.
	Turntable *Turntable
	// Light falls on it.
	Light *Light

	pins  map[string]*Pin
	roles []string
}

// New builds a studio with one pin per role, in the order of their numbers;
// with no roles it has the ones named by this package. The clock tells the
// time of everything that moves; nil is time.Now.
func New(clock func() time.Time, roles ...string) *Studio {
	if clock == nil {
		clock = time.Now
	}
	if len(roles) == 0 {
		roles = []string{GoLive, Look, LampAir, LampRed, LampGreen, LampBlue}
	}
	s := &Studio{
		Turntable: newTurntable(clock),
		Light:     newLight(clock),
		pins:      make(map[string]*Pin, len(roles)),
	}
	for _, role := range roles {
		if s.pins[role] != nil {
			continue
		}
		s.pins[role] = newPin(role, len(s.roles), pullOf(role))
		s.roles = append(s.roles, role)
	}
	return s
}

// pullOf is the resistor that the board has on a pin: up for a button, whose
// switch goes to ground, and down for a lamp, so that it is dark before the
// program speaks.
func pullOf(role string) gpio.Pull {
	if strings.HasPrefix(role, "button.") {
		return gpio.PullUp
	}
	return gpio.PullDown
}

// Roles lists the roles in the order of their pin numbers.
func (s *Studio) Roles() []string { return slices.Clone(s.roles) }

// Pin is the simulated pin that plays a role. The error names the roles that
// there are.
func (s *Studio) Pin(role string) (*Pin, error) {
	if pin := s.pins[role]; pin != nil {
		return pin, nil
	}
	return nil, fmt.Errorf("simulated studio has no pin for %q: it has %q", role, s.roles)
}

// Press puts a finger on the button of a role and leaves it there.
func (s *Studio) Press(role string) error { return s.with(role, (*Pin).Press) }

// Release takes the finger off.
func (s *Studio) Release(role string) error { return s.with(role, (*Pin).Release) }

// Cut breaks the wire of a role.
func (s *Studio) Cut(role string) error { return s.with(role, (*Pin).Cut) }

// Mend joins a cut wire again.
func (s *Studio) Mend(role string) error { return s.with(role, (*Pin).Mend) }

// NormallyClosed makes the switch of a role one that a finger opens.
func (s *Studio) NormallyClosed(role string) error { return s.with(role, (*Pin).NormallyClosed) }

// Bounce closes and opens the contact of a role n times without pause, as a
// worn switch does, and leaves the finger where it was.
func (s *Studio) Bounce(role string, n int) error {
	return s.with(role, func(p *Pin) { p.Bounce(n) })
}

// Level is what a meter shows on the pin of a role: the output that the
// program set, or what finger, wire and pull make of an input.
func (s *Studio) Level(role string) (gpio.Level, error) {
	pin, err := s.Pin(role)
	if err != nil {
		return gpio.Low, err
	}
	return pin.Level(), nil
}

// Brightness is how bright a lamp on the pin of a role shines: 0, 1, or the
// duty that PWM gave it; 0 while the program does not drive the pin.
func (s *Studio) Brightness(role string) (float64, error) {
	pin, err := s.Pin(role)
	if err != nil {
		return 0, err
	}
	return pin.Brightness(), nil
}

// Scene is what a camera sees at a time: the table's angle in degrees and the
// light's level, 0 to 1.
func (s *Studio) Scene(now time.Time) (angle, light float64) {
	return s.Turntable.Angle(now), s.Light.Level(now)
}

func (s *Studio) with(role string, act func(*Pin)) error {
	pin, err := s.Pin(role)
	if err != nil {
		return err
	}
	act(pin)
	return nil
}
