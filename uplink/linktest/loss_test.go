package linktest

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// fates draws n packets' fates.
func fates(l Loss, seed uint64, n int) (lost int, bursts int, all []bool) {
	a := air{Loss: l, random: rand.New(rand.NewPCG(seed, 1))}
	last := false
	for range n {
		takes := a.takes()
		if takes {
			lost++
			if !last {
				bursts++
			}
		}
		last = takes
		all = append(all, takes)
	}
	return lost, bursts, all
}

func TestRandomLossTakesItsFraction(t *testing.T) {
	for _, p := range []float64{0, 0.01, 0.02, 0.05, 1} {
		lost, _, _ := fates(Loss{Random: p}, 3, 200000)
		near(t, "loss", float64(lost)/200000, p, 0.05)
	}
}

func TestBurstsHaveTheMeanAndTheLengthAskedFor(t *testing.T) {
	lost, bursts, _ := fates(Bursts(0.02, 5), 3, 1000000)
	near(t, "loss", float64(lost)/1000000, 0.02, 0.05)
	near(t, "packets per burst", float64(lost)/float64(bursts), 5, 0.05)
}

func TestTheSameSeedLosesTheSamePackets(t *testing.T) {
	loss := Bursts(0.05, 3)
	_, _, one := fates(loss, 9, 1000)
	_, _, same := fates(loss, 9, 1000)
	_, _, other := fates(loss, 10, 1000)
	differs := false
	for i := range one {
		if one[i] != same[i] {
			t.Fatalf("packet %d met two fates under one seed", i)
		}
		differs = differs || one[i] != other[i]
	}
	if !differs {
		t.Error("another seed lost the same packets")
	}
}

func TestImpossibleLinesAreRefusedInWords(t *testing.T) {
	for name, c := range map[string]struct {
		d    Direction
		want string
	}{
		"two rates":         {Direction{Kbps: 1, Schedule: []Step{{0, 1}}}, "one of"},
		"negative rate":     {Direction{Kbps: -1}, "negative"},
		"empty trace":       {Direction{Trace: &Trace{}}, "empty"},
		"late schedule":     {Direction{Schedule: []Step{{ms, 1}}}, "start at 0"},
		"falling schedule":  {Direction{Schedule: []Step{{0, 1}, {0, 2}}}, "rise"},
		"loss above one":    {Direction{Loss: Loss{Random: 1.1}}, "between 0 and 1"},
		"burst without end": {Direction{Loss: Loss{EnterBurst: 0.1}}, "able to end"},
	} {
		if err := c.d.check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesThatAreNoTraceOrScheduleAreRefusedWithTheLine(t *testing.T) {
	for text, want := range map[string]string{"1\nx\n": "line 2", "5\n3\n": "fall", "": "no delivery", "0\n": "no delivery"} {
		if _, err := ParseTrace(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("trace %q: %v", text, err)
		}
	}
	steps, err := ParseSchedule(strings.NewReader("# RFC 8867 5.1\n0 1000\n40 2500\n\n60.5 600\n"))
	if err != nil || len(steps) != 3 || steps[2].Kbps != 600 || steps[2].At.Seconds() != 60.5 {
		t.Errorf("schedule: %v, %v", steps, err)
	}
	if _, err := ParseSchedule(strings.NewReader("0 1000\nfast\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("schedule: %v", err)
	}
}
