package score

import (
	"slices"
	"testing"
	"time"
)

const epoch = int64(1_700_000_000_000_000_000)

// line makes ticks of 100 ms from a schedule of (seconds, kbit/s).
func line(schedule ...[2]float64) []Tick {
	var ticks []Tick
	at := epoch
	for _, entry := range schedule {
		for range int(entry[0]*10 + 0.5) {
			at += int64(100 * ms)
			ticks = append(ticks, Tick{At: at, CapacityKbps: entry[1]})
		}
	}
	return ticks
}

func TestCapacityIsCappedAtTheCeilingSecondBySecond(t *testing.T) {
	c := capacityOf(line([2]float64{0.5, 8000}, [2]float64{0.5, 2000}, [2]float64{1, 9000}, [2]float64{2, 1000}), epoch, 6000)
	// Seconds of 5000, 9000 -> 6000, 1000, 1000.
	if got := c.usable(0, 4*time.Second, 6000); !near1(got, 13000.0/4) {
		t.Errorf("usable = %v, want 3250", got)
	}
	if got := c.mean(250*ms, 750*ms); !near1(got, 5000) {
		t.Errorf("mean = %v, want 5000", got)
	}
	if got := c.usable(0, 8*time.Second, 6000); !near1(got, 13000.0/8) {
		t.Errorf("what is not recorded counts: %v", got)
	}
}

func TestTicksThatCameLateCountForTheirWholeStretch(t *testing.T) {
	ticks := []Tick{{At: epoch + int64(100*ms), CapacityKbps: 1000}, {At: epoch + int64(400*ms), CapacityKbps: 3000}}
	c := capacityOf(ticks, epoch, 6000)
	if got := c.mean(100*ms, 400*ms); !near1(got, 3000) {
		t.Errorf("mean = %v, want 3000", got)
	}
}

func TestALineWithoutALimitOffersTheCeiling(t *testing.T) {
	c := capacityOf(line([2]float64{5, 0}), epoch, 6000)
	if got := c.usable(0, 5*time.Second, 6000); !near1(got, 6000) {
		t.Errorf("usable = %v, want 6000", got)
	}
	if got := c.outages(seconds30(5)); len(got) != 0 {
		t.Errorf("outages %v", got)
	}
}

func TestOutagesLastHalfASecondAtLeast(t *testing.T) {
	c := capacityOf(line([2]float64{2, 4000}, [2]float64{0.4, 0}, [2]float64{2, 4000}, [2]float64{0.5, 0},
		[2]float64{1, 4000}, [2]float64{3, 0}), epoch, 6000)
	var got [][2]time.Duration
	for _, o := range c.outages(seconds30(60)) {
		got = append(got, [2]time.Duration{o.from, o.to})
	}
	want := [][2]time.Duration{{4400 * ms, 4900 * ms}, {5900 * ms, 8900 * ms}}
	if !slices.Equal(got, want) {
		t.Errorf("outages %v, want %v", got, want)
	}
}

func TestStepsAreChangesByTheFactor1Point8ThatLast5Seconds(t *testing.T) {
	for _, c := range []struct {
		name     string
		schedule [][2]float64
		want     []step
	}{
		{
			"RFC 8867 5.1", [][2]float64{{40, 1000}, {20, 2500}, {20, 600}, {20, 1000}},
			[]step{{at: 40 * time.Second, until: 60 * time.Second, from: 1000, to: 2500}, {at: 60 * time.Second, until: 80 * time.Second, from: 2500, to: 600}},
		},
		{
			"a tick astride the step", [][2]float64{{10, 6000}, {0.1, 3100}, {10, 1500}},
			[]step{{at: 10 * time.Second, until: 20100 * ms, from: 6000, to: 1500}},
		},
		{"too short", [][2]float64{{10, 6000}, {4.9, 1500}, {10, 6000}}, nil},
		{"a blackout is no step", [][2]float64{{10, 4000}, {0.1, 1200}, {5, 0}, {0.1, 2000}, {10, 4000}}, nil},
		{"too small", [][2]float64{{10, 1000}, {10, 1790}}, nil},
		{"just enough", [][2]float64{{10, 1000}, {10, 1800}}, []step{{at: 10 * time.Second, until: 20 * time.Second, from: 1000, to: 1800}}},
		{"a slope", [][2]float64{{10, 1000}, {2, 1300}, {2, 1600}, {10, 2000}}, nil},
	} {
		got := capacityOf(line(c.schedule...), epoch, 6000).steps(seconds30(100))
		if len(got) != len(c.want) {
			t.Errorf("%s: steps %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i].at != c.want[i].at || got[i].until != c.want[i].until || !near1(got[i].from, c.want[i].from) || !near1(got[i].to, c.want[i].to) {
				t.Errorf("%s: step %v, want %v", c.name, got[i], c.want[i])
			}
		}
	}
}

func TestACellularTraceHasNoSteps(t *testing.T) {
	var schedule [][2]float64
	for i := range 300 {
		schedule = append(schedule, [2]float64{0.2, 1000 + float64(i*7919%5000)})
	}
	if got := capacityOf(line(schedule...), epoch, 6000).steps(seconds30(60)); len(got) != 0 {
		t.Errorf("steps %v", got)
	}
}
