package turntable

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Output is the enable line of the motor driver.
//
// It must be active against the pull of the board, so that the motor has no
// power while no program drives the line: a pull-UP (10 kΩ to the driver's
// logic supply) for an ENN or EN input that is active low, as on a TMC2209,
// A4988 or DRV8825; a pull-DOWN for one that is active high. The pull inside
// the chip is not enough: it is gone while the computer starts.
type Output struct {
	Pin        gpio.PinOut // nil = not fitted: the motor always has power
	ActiveHigh bool
}

func (o Output) set(on bool) error {
	if o.Pin == nil {
		return nil
	}
	if err := o.Pin.Out(gpio.Level(on == o.ActiveHigh)); err != nil {
		return Fault{Code: PinFailed, Err: fmt.Errorf("turntable enable on %s: %w", o.Pin.Name(), err)}
	}
	return nil
}

// Input is one line that the table reads.
type Input struct {
	Pin gpio.PinIn // nil = not fitted
	// ActiveLow: Low means mark seen, motor stalled, or stop pressed.
	ActiveLow bool
	// Pull is the resistor inside the chip.
	Pull gpio.Pull
}

func (i Input) active() bool { return bool(i.Pin.Read()) != i.ActiveLow }

// glance is how often an input is looked at, edges or not.
const glance = 5 * time.Millisecond

// listen calls act with every level that is seen, and once more with active
// for an edge that came and went in between. The edges of the kernel only
// shorten the wait.
func (i Input) listen(ctx context.Context, act func(active bool)) {
	edge := gpio.RisingEdge
	if i.ActiveLow {
		edge = gpio.FallingEdge
	}
	edges := i.Pin.In(i.Pull, edge) == nil
	for ctx.Err() == nil {
		begin := time.Now()
		woken := edges && i.Pin.WaitForEdge(glance)
		act(woken || i.active())
		if woken {
			sleep(ctx, time.Millisecond) // a chattering line makes no busy loop
		} else {
			sleep(ctx, glance-time.Since(begin))
		}
	}
}

// prepare makes the pin an input, whether it can report edges or not.
func (i Input) prepare(role string) error {
	if i.Pin == nil {
		return nil
	}
	if err := i.Pin.In(i.Pull, gpio.NoEdge); err != nil {
		return Fault{Code: PinFailed, Err: fmt.Errorf("turntable %s on %s: %w", role, i.Pin.Name(), err)}
	}
	return nil
}
