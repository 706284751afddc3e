// Package conform holds every kind of pin, simulated and real, to the same
// promises: those of periph's gpio.PinIO, without its drivers' faults.
package conform

import (
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Rig is a pin together with the circuit around it.
type Rig interface {
	// Pin is the pin under test; the same one each time.
	Pin() gpio.PinIO
	// Drive puts a level on the line from outside while the pin is an input.
	Drive(level gpio.Level) error
	// Meter reads the line from outside.
	Meter() (gpio.Level, error)
}

// The real kernel needs real time: a wait that must end has patience, one that
// must not end is watched for a moment.
const (
	patience = 30 * time.Second
	moment   = 150 * time.Millisecond
)

// Pins runs the suite on one rig.
func Pins(t *testing.T, rig Rig) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Rig)
	}{
		{"the first output shows its own level", firstOutput},
		{"an output reads back what was set and stays an output", readBack},
		{"an input follows the line", inputFollows},
		{"an edge ends an endless wait", endlessWait},
		{"only the edges asked for count", onlyEdgesAskedFor},
		{"a wait of no time only asks", noTime},
		{"a wait ends at its timeout", timeout},
		{"Halt ends a wait in progress", haltDuring},
		{"Halt before a wait ends it", haltBefore},
		{"In forgets the edges of earlier times", staleEdges},
		{"In ends a wait in progress", inDuring},
		{"an input becomes an output and an input again", turns},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, rig) })
	}
}

func firstOutput(t *testing.T, rig Rig) {
	for _, level := range []gpio.Level{gpio.High, gpio.Low} {
		must(t, rig.Pin().In(gpio.PullUp, gpio.NoEdge))
		must(t, rig.Pin().Out(level))
		meter(t, rig, level)
	}
}

func readBack(t *testing.T, rig Rig) {
	for _, level := range []gpio.Level{gpio.High, gpio.Low, gpio.High} {
		must(t, rig.Pin().Out(level))
		for range 3 {
			if got := rig.Pin().Read(); got != level {
				t.Errorf("reads %v after Out(%v)", got, level)
			}
			meter(t, rig, level)
		}
	}
}

func inputFollows(t *testing.T, rig Rig) {
	must(t, rig.Pin().In(gpio.PullUp, gpio.NoEdge))
	for _, level := range []gpio.Level{gpio.Low, gpio.High, gpio.Low} {
		must(t, rig.Drive(level))
		if got := rig.Pin().Read(); got != level {
			t.Errorf("reads %v, the line is %v", got, level)
		}
	}
}

func endlessWait(t *testing.T, rig Rig) {
	arm(t, rig, gpio.BothEdges)
	answer := wait(rig, -1)
	stillWaits(t, answer)
	must(t, rig.Drive(gpio.Low))
	answered(t, answer, true)
}

// onlyEdgesAskedFor waits for each edge before the next: a kernel may tell of two
// that come close as of one.
func onlyEdgesAskedFor(t *testing.T, rig Rig) {
	for edge, asked := range map[gpio.Edge]map[gpio.Level]bool{
		gpio.FallingEdge: {gpio.Low: true}, gpio.RisingEdge: {gpio.High: true}, gpio.BothEdges: {gpio.Low: true, gpio.High: true},
	} {
		arm(t, rig, edge)
		for range 2 {
			for _, level := range []gpio.Level{gpio.Low, gpio.High} {
				must(t, rig.Drive(level))
				if asked[level] {
					answered(t, wait(rig, patience), true)
				}
			}
		}
		if rig.Pin().WaitForEdge(moment) {
			t.Errorf("two presses gave an edge too many for %v", edge)
		}
	}
}

func noTime(t *testing.T, rig Rig) {
	arm(t, rig, gpio.BothEdges)
	answered(t, wait(rig, 0), false)
}

func timeout(t *testing.T, rig Rig) {
	arm(t, rig, gpio.BothEdges)
	began := time.Now()
	answered(t, wait(rig, moment), false)
	if took := time.Since(began); took < moment {
		t.Errorf("ended after %v, want %v", took, moment)
	}
}

func haltDuring(t *testing.T, rig Rig) {
	arm(t, rig, gpio.BothEdges)
	answer := wait(rig, -1)
	stillWaits(t, answer)
	must(t, rig.Pin().Halt())
	answered(t, answer, false)
}

func haltBefore(t *testing.T, rig Rig) {
	arm(t, rig, gpio.BothEdges)
	must(t, rig.Pin().Halt())
	answered(t, wait(rig, -1), false)
}

// staleEdges drives edges back to back: a kernel's thread that tells of them late
// is what In has to do with, and it is late in some rounds only.
func staleEdges(t *testing.T, rig Rig) {
	for range 10 {
		arm(t, rig, gpio.BothEdges)
		for range 20 { // more than the kernel keeps
			must(t, rig.Drive(gpio.Low))
			must(t, rig.Drive(gpio.High))
		}
		must(t, rig.Pin().In(gpio.PullUp, gpio.BothEdges))
		answered(t, wait(rig, moment), false)
	}
}

func inDuring(t *testing.T, rig Rig) {
	arm(t, rig, gpio.BothEdges)
	answer := wait(rig, -1)
	stillWaits(t, answer)
	must(t, rig.Pin().In(gpio.PullUp, gpio.BothEdges))
	answered(t, answer, false)
	must(t, rig.Drive(gpio.Low))
	answered(t, wait(rig, patience), true)
}

func turns(t *testing.T, rig Rig) {
	arm(t, rig, gpio.BothEdges)
	must(t, rig.Pin().Out(gpio.High))
	meter(t, rig, gpio.High)
	answered(t, wait(rig, -1), false) // an output has no edges
	arm(t, rig, gpio.BothEdges)
	must(t, rig.Drive(gpio.Low))
	answered(t, wait(rig, patience), true)
}
