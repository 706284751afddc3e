package conform

import (
	"testing"

	"periph.io/x/conn/v3/gpio"

	"studiobox/board/sim"
)

// simRig is a pin of the studio made of memory; a finger drives its line.
type simRig struct{ pin *sim.Pin }

func (r simRig) Pin() gpio.PinIO { return r.pin }

func (r simRig) Drive(level gpio.Level) error {
	if level == gpio.Low {
		r.pin.Press()
	} else {
		r.pin.Release()
	}
	return nil
}

func (r simRig) Meter() (gpio.Level, error) { return r.pin.Level(), nil }

func TestSimulatedPinsConform(t *testing.T) {
	studio := sim.New(nil)
	for _, role := range studio.Roles() {
		pin, err := studio.Pin(role)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			Pins(t, simRig{pin})
		})
	}
}
