package score

import (
	"slices"
	"testing"
	"time"
)

// onTime is the evidence of frames that all arrived, one unit each.
func onTime(w window, frames []Frame) evidence {
	e := evidence{frames: frames}
	var samples []sample
	for _, f := range frames {
		samples = append(samples, sample{captured: w.capture(f.Number), bytes: f.Bytes})
		e.arrivals = append(e.arrivals, arrival{f.At, f.Bytes})
	}
	e.samples = newProduced(samples)
	return e
}

func TestTheResultOfARunThatCanBeWorkedOutByHand(t *testing.T) {
	// 60 s of 240 kbit/s, 100 ms late each, on a line of 480 kbit/s.
	r := record{
		run:   Run{T0Ns: epoch, FPS: 30, Seconds: 60, CPUSeconds: 15, CeilingKbps: 6000},
		ticks: line([2]float64{64, 480}),
	}
	w := seconds30(60)
	got := measure(r, onTime(w, arriving(w, 100*ms, between(0, 1799)...)))
	for name, pair := range map[string][2]float64{
		"from": {got.From, 0}, "to": {got.To, 60},
		"capacity": {got.CapacityKbps, 480}, "utilisation": {got.Utilisation, (1797.0 / 1800) / 2}, // the last 3 frames come after the end
		"shown@1s": {got.At1s.Kbps, 240}, "shown@3s": {got.At3s.Kbps, 240}, "freeze@1s": {got.At1s.FreezePerMin, 0},
		"p50": {*got.DelayP50Ms, 100}, "p99": {*got.DelayP99Ms, 100},
		"lost": {float64(got.LostFrames), 0}, "frames": {float64(got.Frames), 1800},
		"changes": {*got.Changes10, 0}, "later changes": {*got.LaterChanges10, 0}, "cpu": {got.CPU, 0.25},
	} {
		if !near1(pair[0], pair[1]) {
			t.Errorf("%s = %v, want %v", name, pair[0], pair[1])
		}
	}
	if got.SSIMdB != nil || got.Rises != nil || got.Falls != nil || got.Blackouts != nil {
		t.Errorf("made up: %+v", got)
	}
}

func TestUtilisationCountsWhatArrivedWithinTheRunEvenUndecodable(t *testing.T) {
	r := record{run: Run{T0Ns: epoch, FPS: 30, Seconds: 10, CeilingKbps: 6000}, ticks: line([2]float64{13, 1000})}
	e := evidence{arrivals: []arrival{{time.Second, 62500}, {10 * time.Second, 1 << 20}, {-time.Second, 1 << 20}, {9 * time.Second, 62500}}}
	e.frames = arriving(seconds30(10), 0, 0)
	if got := measure(r, e).Utilisation; !near1(got, 0.1) { // 1,000 kbit of 10,000
		t.Errorf("utilisation = %v, want 0.1", got)
	}
}

func TestARunWithoutAnyFrameIsFrozenAndHasNoDelay(t *testing.T) {
	r := record{run: Run{T0Ns: epoch, FPS: 30, Seconds: 20, CeilingKbps: 6000}, ticks: line([2]float64{23, 1000})}
	got := measure(r, evidence{})
	if got.At1s.FreezePerMin != 60 || got.DelayP50Ms != nil || got.LostFrames != 450 || !near1(got.LostShare, 1) {
		t.Errorf("%+v", got)
	}
}

func TestUnitsWithoutANumberAreDatedByTheDelayBeforeThem(t *testing.T) {
	w := seconds30(1)
	g := gathering{run: Run{FPS: 30}, numbers: map[int]int{0: 3}, units: []received{
		{Unit: Unit{Bytes: 10, Decodable: true}, at: w.capture(3) + 250*ms},
		{Unit: Unit{Bytes: 20}, at: time.Second},
	}}
	e := g.evidence()
	want := produced{{captured: w.capture(3), bytes: 10}, {captured: 750 * ms, bytes: 20}}
	if !slices.Equal(e.samples, want) || e.broken != 1 {
		t.Errorf("samples %v, want %v; %d broken", e.samples, want, e.broken)
	}
}

func TestSeriesPutEveryValueInItsOwnTenth(t *testing.T) {
	w := seconds30(1)
	r := record{run: Run{T0Ns: epoch, FPS: 30}, box: []boxLine{
		{Time: time.Unix(0, epoch+int64(250*ms)), TargetKbps: 900, Reason: "climb"},
		{Time: time.Unix(0, epoch+int64(620*ms)), TargetKbps: 700, Reason: "standing_queue"},
	}}
	frames := slices.Concat(arriving(w, 450*ms, 3), arriving(w, 90*ms, 4))
	e := onTime(w, frames)
	s := seriesOf(r, w, capacityOf(line([2]float64{0.5, 1000}, [2]float64{0.5, 3000}), epoch, 6000), e.samples, e.arrivals, frames)
	for name, pair := range map[string][2]float64{
		"capacity at 0.4":    {s.CapacityKbps[4], 1000},
		"capacity at 0.5":    {s.CapacityKbps[5], 3000},
		"produced at 0.1":    {s.ProducedKbps[1], 160}, // both frames: 2,000 bytes in 0.1 s
		"delivered at 0.5":   {s.DeliveredKbps[5], 80},
		"delivered at 0.2":   {s.DeliveredKbps[2], 80},
		"delay at 0.1":       {s.DelayMs[1], 450},
		"no delay at 0.5":    {s.DelayMs[5], none},
		"no target at 0.1":   {s.TargetKbps[1], none},
		"target at 0.2":      {s.TargetKbps[2], 900},
		"target at 0.6":      {s.TargetKbps[6], 700},
		"target at the end":  {s.TargetKbps[9], 700},
		"points of the grid": {float64(len(s.DelayMs)), 10},
	} {
		if !near1(pair[0], pair[1]) {
			t.Errorf("%s = %v, want %v", name, pair[0], pair[1])
		}
	}
	if s.Reason[1] != "" || s.Reason[2] != "climb" || s.Reason[6] != "standing_queue" {
		t.Errorf("reasons %q", s.Reason)
	}
}
