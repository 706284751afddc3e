package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/pin"
)

// TestEveryPinKeepsPeriphsContract holds each pin of a studio, whatever its
// role, to what gpio.PinIO promises to a driver.
func TestEveryPinKeepsPeriphsContract(t *testing.T) {
	for _, role := range New(nil).Roles() {
		t.Run(role, func(t *testing.T) {
			t.Run("an output reads back what was set", func(t *testing.T) { outputReadsBack(t, pinOf(t, role)) })
			t.Run("an open input follows its pull", func(t *testing.T) { inputFollowsPull(t, pinOf(t, role)) })
			t.Run("only the edges asked for count", func(t *testing.T) { onlyEdgesAskedFor(t, role) })
			t.Run("an edge before the wait ends it at once", func(t *testing.T) { earlierEdgeCounts(t, role) })
			t.Run("a wait ends at its timeout", func(t *testing.T) { waitTimesOut(t, role) })
			t.Run("In ends a wait and forgets edges", func(t *testing.T) { inEndsWait(t, role) })
			t.Run("Halt ends a wait, also one that comes later", func(t *testing.T) { haltEndsWait(t, role) })
			t.Run("bad arguments are refused", func(t *testing.T) { badArguments(t, pinOf(t, role)) })
		})
	}
}

func outputReadsBack(t *testing.T, pin *Pin) {
	for _, level := range []gpio.Level{gpio.High, gpio.Low, gpio.High} {
		must(t, pin.Out(level))
		if pin.Read() != level {
			t.Errorf("after Out(%s) the pin reads %s", level, pin.Read())
		}
	}
	if got := pin.Func(); got != gpio.OUT_HIGH {
		t.Errorf("function is %q, want %q", got, gpio.OUT_HIGH)
	}
	must(t, pin.SetFunc(gpio.OUT_LOW))
	if pin.Read() != gpio.Low {
		t.Error("SetFunc(OUT_LOW) left the pin high")
	}
}

func inputFollowsPull(t *testing.T, p *Pin) {
	for pull, want := range map[gpio.Pull]pin.Func{gpio.PullUp: gpio.IN_HIGH, gpio.PullDown: gpio.IN_LOW} {
		must(t, p.In(pull, gpio.NoEdge))
		if p.Read() != (want == gpio.IN_HIGH) || p.Func() != want || p.Pull() != pull {
			t.Errorf("with %s the pin reads %s, is %q and says %s", pull, p.Read(), p.Func(), p.Pull())
		}
	}
	before := p.Read()
	must(t, p.In(gpio.Float, gpio.NoEdge))
	if p.Read() != before {
		t.Error("a floating pin changed its level by itself")
	}
}

func onlyEdgesAskedFor(t *testing.T, role string) {
	for edge, want := range map[gpio.Edge]int{gpio.NoEdge: 0, gpio.FallingEdge: 3, gpio.RisingEdge: 3, gpio.BothEdges: 6} {
		pin := pinOf(t, role)
		must(t, pin.In(gpio.PullUp, edge))
		pin.Bounce(3)
		if got := drain(pin); got != want {
			t.Errorf("3 bounces gave %d edges for %v, want %d", got, edge, want)
		}
	}
}

func earlierEdgeCounts(t *testing.T, role string) {
	pin := pinOf(t, role)
	must(t, pin.In(gpio.PullUp, gpio.FallingEdge))
	pin.Press()
	if !pin.WaitForEdge(0) {
		t.Error("the edge before the wait is lost")
	}
	if pin.WaitForEdge(0) {
		t.Error("one edge was counted twice")
	}
}

func waitTimesOut(t *testing.T, role string) {
	synctest.Test(t, func(t *testing.T) {
		pin := pinOf(t, role)
		must(t, pin.In(gpio.PullUp, gpio.BothEdges))
		start := time.Now()
		if pin.WaitForEdge(3*time.Second) || time.Since(start) != 3*time.Second {
			t.Errorf("the wait ended after %s, want false after 3s", time.Since(start))
		}
		time.AfterFunc(time.Second, pin.Press)
		start = time.Now()
		if !pin.WaitForEdge(-1) || time.Since(start) != time.Second {
			t.Errorf("the endless wait ended after %s, want true after 1s", time.Since(start))
		}
	})
}

func inEndsWait(t *testing.T, role string) {
	synctest.Test(t, func(t *testing.T) {
		pin := pinOf(t, role)
		must(t, pin.In(gpio.PullUp, gpio.BothEdges))
		time.AfterFunc(time.Second, func() {
			pin.mu.Lock() // both at once: the edge and In
			pin.pending++
			pin.mu.Unlock()
			must(t, pin.In(gpio.PullUp, gpio.BothEdges))
		})
		if pin.WaitForEdge(-1) {
			t.Error("a wait that In ended says that it saw an edge")
		}
		if pin.WaitForEdge(0) {
			t.Error("In kept an edge from before")
		}
	})
}

func haltEndsWait(t *testing.T, role string) {
	synctest.Test(t, func(t *testing.T) {
		pin := pinOf(t, role)
		must(t, pin.In(gpio.PullUp, gpio.BothEdges))
		time.AfterFunc(time.Second, func() { must(t, pin.Halt()) })
		if pin.WaitForEdge(-1) {
			t.Error("a wait that Halt ended says that it saw an edge")
		}
		if pin.WaitForEdge(-1) {
			t.Error("a wait after Halt says that it saw an edge")
		}
	})
}

func badArguments(t *testing.T, pin *Pin) {
	for name, err := range map[string]error{
		"duty":      pin.PWM(gpio.DutyMax+1, physic.Hertz),
		"frequency": pin.PWM(gpio.DutyHalf, -physic.Hertz),
		"pull":      pin.In(gpio.PullUp+1, gpio.NoEdge),
		"edge":      pin.In(gpio.PullUp, gpio.BothEdges+1),
		"function":  pin.SetFunc("SPI0_CLK"),
	} {
		if err == nil {
			t.Errorf("a bad %s was accepted", name)
		}
	}
}

func TestALateReaderLosesTheEdgesBeyondTheKernelsQueue(t *testing.T) {
	pin := pinOf(t, GoLive)
	must(t, pin.In(gpio.PullUp, gpio.BothEdges))
	pin.Bounce(100)
	if got := drain(pin); got != edgeQueue {
		t.Errorf("200 edges left %d in the queue, want %d", got, edgeQueue)
	}
}

func pinOf(t *testing.T, role string) *Pin {
	t.Helper()
	pin, err := New(nil).Pin(role)
	must(t, err)
	return pin
}

func drain(pin *Pin) (edges int) {
	for pin.WaitForEdge(0) {
		edges++
	}
	return edges
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
