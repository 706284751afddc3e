package linktest

import (
	"os/exec"
	"sync"
	"testing"
	"time"
)

func TestLinesInOneProcessDoNotMeet(t *testing.T) {
	// The same addresses on each, and each with a delay of its own.
	var lines []*Line
	for i := range 4 {
		lines = append(lines, start(t, Config{Up: Direction{Delay: time.Duration(i+1) * 50 * ms}}))
	}
	all := make([][]arrival, len(lines))
	var probes sync.WaitGroup
	for i, line := range lines {
		near, far := datagrams(t, line)
		probes.Go(func() { send(near, 160, 200, time.Second) })
		probes.Go(func() { all[i] = receive(t, far, time.Second) })
	}
	probes.Wait()
	for i := range lines {
		if len(all[i]) == 0 {
			t.Fatalf("line %d: nothing arrived", i)
		}
		d := delays(all[i])
		t.Logf("line %d: %s", i, percentiles(d))
		if want := time.Duration(i+1) * 50 * ms; d[0] < want || d[len(d)/10] > want+10*ms {
			t.Errorf("line %d: delay %s, want %v", i, percentiles(d), want)
		}
		if up := lines[i].Stats().Up; up.Delivered != uint64(len(all[i])) {
			t.Errorf("line %d carried %d packets, %d arrived", i, up.Delivered, len(all[i]))
		}
	}
}

func TestLinesInSeveralProcessesDoNotMeet(t *testing.T) {
	start(t, Config{}) // beside those of the other processes
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			out, err := exec.Command("/proc/self/exe", "-test.run", "^TestARoundTripTakesBothDelays$", "-test.v").CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	others.Wait()
}
