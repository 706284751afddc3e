package linktest

import (
	"context"
	"strings"
	"testing"
	"time"
)

// begin runs a flow until the test ends.
func begin(t *testing.T, f *Flow) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// eventually fails the test unless the condition comes true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(5 * ms) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func TestASecondFlowTakesWhatTheLineHasLeft(t *testing.T) {
	for _, control := range []string{"", "cubic", "bbr"} {
		line := start(t, Config{Up: Direction{Kbps: 4000, Delay: 5 * ms}, Down: Direction{Delay: 5 * ms}})
		flow := line.Flow(FlowConfig{Congestion: control})
		begin(t, flow)
		eventually(t, "the flow begins", func() bool { return flow.Delivered() > 100_000 })
		best := 0.0
		for try := 0; try < 5 && best < 0.7*4000*payload; try++ { // TCP itself hesitates on a busy machine
			bytes, began := flow.Delivered(), time.Now()
			time.Sleep(2 * time.Second)
			best = max(best, float64(flow.Delivered()-bytes)*8/float64(time.Since(began)/ms))
		}
		t.Logf("%q: %.0f kbit/s", control, best)
		if want := 4000 * payload; best < 0.7*want || best > 1.1*want {
			t.Errorf("%q: %.0f kbit/s of %.0f", control, best, want)
		}
		line.Close()
	}
}

func TestASecondFlowBeginsAndEndsWhenItSays(t *testing.T) {
	line := start(t, Config{Up: Direction{Kbps: 4000, Queue: 50 * ms}})
	flow := line.Flow(FlowConfig{At: 700 * ms, For: 500 * ms})
	begun := time.Now()
	if err := flow.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	if took < 1100*ms {
		t.Errorf("the flow was over after %v", took)
	}
	// 4 Mbit/s are 500 bytes in a millisecond; 40 kB may wait at the receiver.
	if n, most := flow.Delivered(), uint64(took/ms-700)*500+40_000; n < 20_000 || n > most {
		t.Errorf("%d bytes in %v, want 20,000 to %d", n, took-700*ms, most)
	}
	if up := line.Stats().Up; up.DeliveredBytes < flow.Delivered() {
		t.Errorf("the line delivered %d bytes, and the flow says %d", up.DeliveredBytes, flow.Delivered())
	}
}

func TestASecondFlowEndsWithItsLine(t *testing.T) {
	line, err := New(Config{Up: Direction{Kbps: 4000}})
	if err != nil {
		t.Skipf("SKIPPED, needs root: %v", err)
	}
	go line.Run(context.Background())
	done := make(chan error, 2)
	flow, late := line.Flow(FlowConfig{}), line.Flow(FlowConfig{At: time.Hour})
	go func() { done <- flow.Run(context.Background()) }()
	go func() { done <- late.Run(context.Background()) }()
	eventually(t, "the flow begins", func() bool { return flow.Delivered() > 0 })
	line.Close()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestACongestionControlThatThisKernelLacksIsNamed(t *testing.T) {
	line := start(t, Config{})
	err := line.Flow(FlowConfig{Congestion: "carrier-pigeon"}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), `no congestion control "carrier-pigeon"`) {
		t.Errorf("%v", err)
	}
}

func TestASecondFlowBesideACutLineEndsWithItsTime(t *testing.T) {
	line := start(t, Config{Up: Direction{Kbps: 4000, Blackouts: []Blackout{{For: time.Hour}}}})
	ctx, cancel := context.WithTimeout(t.Context(), 300*ms)
	defer cancel()
	if err := line.Flow(FlowConfig{}).Run(ctx); err != nil {
		t.Error(err)
	}
}
