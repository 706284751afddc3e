package conform

import (
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// arm makes the pin an input on a line at rest, which is High.
func arm(t *testing.T, rig Rig, edge gpio.Edge) {
	t.Helper()
	must(t, rig.Pin().In(gpio.PullUp, gpio.NoEdge))
	must(t, rig.Drive(gpio.High))
	must(t, rig.Pin().In(gpio.PullUp, edge))
}

// wait starts a wait and returns where its answer arrives.
func wait(rig Rig, timeout time.Duration) <-chan bool {
	answer := make(chan bool, 1)
	go func() { answer <- rig.Pin().WaitForEdge(timeout) }()
	return answer
}

func stillWaits(t *testing.T, answer <-chan bool) {
	t.Helper()
	select {
	case seen := <-answer:
		t.Fatalf("the wait ended by itself with %v", seen)
	case <-time.After(moment):
	}
}

func answered(t *testing.T, answer <-chan bool, want bool) {
	t.Helper()
	select {
	case seen := <-answer:
		if seen != want {
			t.Errorf("the wait ended with %v, want %v", seen, want)
		}
	case <-time.After(patience):
		t.Fatal("the wait does not end")
	}
}

func meter(t *testing.T, rig Rig, want gpio.Level) {
	t.Helper()
	got, err := rig.Meter()
	must(t, err)
	if got != want {
		t.Errorf("the line is %v, want %v", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
