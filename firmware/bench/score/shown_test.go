package score

import (
	"math"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// seconds30 is a window of so many seconds at 30 frames a second.
func seconds30(seconds int) window {
	return window{fps: 30, to: time.Duration(seconds) * time.Second}
}

// arriving makes one frame of 1,000 bytes for each number, all so late.
func arriving(w window, late time.Duration, numbers ...int) []Frame {
	var frames []Frame
	for _, n := range numbers {
		at := w.capture(n) + late
		frames = append(frames, Frame{Number: n, At: at, Ready: at, Bytes: 1000})
	}
	return frames
}

// between are the numbers from first to last, last included.
func between(first, last int) []int {
	var numbers []int
	for n := first; n <= last; n++ {
		numbers = append(numbers, n)
	}
	return numbers
}

func near1(a, b float64) bool { return math.Abs(a-b) < 1e-6*max(1, math.Abs(b)) }

func TestShownCountsOnlyFramesThatAreReadyInTime(t *testing.T) {
	w := seconds30(10)
	frames := slices.Concat(
		arriving(w, 100*ms, between(0, 99)...),
		arriving(w, time.Second, between(100, 149)...), // just in time for one second
		arriving(w, time.Second+1, between(150, 199)...),
		arriving(w, 3*time.Second, between(200, 249)...),
		arriving(w, 3*time.Second+1, between(250, 299)...),
	)
	// 150 frames of 8 kbit in 10 s, and 250.
	if got := shown(w, frames, quickViewer).Kbps; !near1(got, 120) {
		t.Errorf("shown@1s = %v, want 120", got)
	}
	if got := shown(w, frames, patientViewer).Kbps; !near1(got, 200) {
		t.Errorf("shown@3s = %v, want 200", got)
	}
	if lost, of := lostFrames(w, frames); lost != 50 || of != 300 {
		t.Errorf("lost %d of %d, want 50 of 300", lost, of)
	}
}

func TestFramesOutsideTheWindowAreNotShown(t *testing.T) {
	w := window{fps: 30, from: time.Second, to: 2 * time.Second}
	frames := arriving(w, 0, 0, 29, 30, 59, 60, 90)
	if got := shown(w, frames, quickViewer).Kbps; !near1(got, 16) { // 30 and 59
		t.Errorf("shown@1s = %v, want 16", got)
	}
}

func TestALateReferenceDelaysWhatHangsOnItOnlyUntilItCame(t *testing.T) {
	w := seconds30(1)
	frames := arriving(w, 40*ms, 0, 1, 2)
	frames[2].Ready = w.capture(2) + time.Second + ms // its own bytes were there long before
	if got := len(inTime(w, frames, quickViewer)); got != 2 {
		t.Errorf("%d frames within 1 s, want 2", got)
	}
	if got := len(inTime(w, frames, patientViewer)); got != 3 {
		t.Errorf("%d frames within 3 s, want 3", got)
	}
}

func TestABlackoutOf5SecondsIn75FreezesFor4SecondsAMinute(t *testing.T) {
	w := seconds30(75)
	frames := arriving(w, 80*ms, slices.Concat(between(0, 900), between(1050, 2249))...)
	got := shown(w, frames, quickViewer)
	if !near1(got.FreezePerMin, 4.0) {
		t.Errorf("freeze@1s = %v s/min, want 4.0", got.FreezePerMin)
	}
	if want := []Span{{From: 30, To: 35}}; !slices.Equal(got.Freezes, want) {
		t.Errorf("frozen at %v, want %v", got.Freezes, want)
	}
}

func TestOnlyGapsOfMoreThan200MillisecondsFreezeAndTheyCountWhole(t *testing.T) {
	w := seconds30(60)
	// Every sixth frame is 200 ms apart, every seventh 233 ms.
	sixth, seventh := []int{}, []int{}
	for n := 0; n < 1800; n += 6 {
		sixth = append(sixth, n)
	}
	for n := 0; n < 1800; n += 7 {
		seventh = append(seventh, n)
	}
	if got := shown(w, arriving(w, 0, sixth...), quickViewer).FreezePerMin; got != 0 {
		t.Errorf("every 200 ms: freeze@1s = %v, want 0", got)
	}
	// The last of them, 1799, has no gap to the end.
	if got, want := shown(w, arriving(w, 0, seventh...), quickViewer).FreezePerMin, 1799/30.0; !near1(got, want) {
		t.Errorf("every 233 ms: freeze@1s = %v, want %v", got, want)
	}
}

func TestTheStartAndTheEndOfTheRunCanBeFrozenToo(t *testing.T) {
	w := seconds30(60)
	got := shown(w, arriving(w, 0, between(60, 1709)...), quickViewer)
	// 2 s before the first, and from the last at 56.967 s to 60 s.
	if want := 2 + (60 - 1709/30.0); !near1(got.FreezePerMin, want) {
		t.Errorf("freeze@1s = %v, want %v", got.FreezePerMin, want)
	}
	if got := shown(w, nil, quickViewer); got.FreezePerMin != 60 || got.Kbps != 0 {
		t.Errorf("nothing came: %+v, want 60 s/min at 0 kbit/s", got)
	}
}

func TestAFrameThatCameTwiceCountsOnceAndAtItsBest(t *testing.T) {
	w := seconds30(1)
	late := arriving(w, 5*time.Second, 3, 4)
	early := arriving(w, 50*ms, 4, 5)
	got := inOrder(slices.Concat(late, early))
	if len(got) != 3 || got[1].Number != 4 || got[1].Ready != w.capture(4)+50*ms {
		t.Errorf("in order: %+v", got)
	}
}

func TestTheWindowBeginsWithTheFirstFrameThatCameAndEndsWhenTheLastHadTime(t *testing.T) {
	run := Run{FPS: 30, Seconds: 60}
	for _, c := range []struct {
		name     string
		first    int
		recorded time.Duration
		from, to time.Duration
	}{
		{"all recorded", 15, 70 * time.Second, 500 * ms, 60 * time.Second},
		{"recorder stopped with the run", 15, 60 * time.Second, 500 * ms, 57 * time.Second},
		{"connected too late", 600, 70 * time.Second, 5 * time.Second, 60 * time.Second},
		{"hardly recorded", 15, time.Second, 500 * ms, 500 * ms},
	} {
		w := windowOf(run, c.first, c.recorded)
		if w.from != c.from || w.to != c.to {
			t.Errorf("%s: %v to %v, want %v to %v", c.name, w.from, w.to, c.from, c.to)
		}
	}
}

func TestPercentilesOfTheDelayAreNearestRanks(t *testing.T) {
	w := seconds30(10)
	var frames []Frame
	for n := range 100 {
		frames = append(frames, arriving(w, time.Duration(100-n)*ms, n)...)
	}
	frames = append(frames, arriving(w, time.Hour, 300)...) // outside the window
	frames[0].Ready += time.Hour                            // its reference was late, it was not
	sorted := delays(w, frames)
	for percent, want := range map[float64]float64{50: 50, 95: 95, 99: 99, 100: 100} {
		if got := percentile(sorted, percent); got == nil || *got != want {
			t.Errorf("p%v = %v, want %v ms", percent, got, want)
		}
	}
	if got := percentile([]time.Duration{ms, 2 * ms, 3 * ms}, 50); got == nil || *got != 2 {
		t.Errorf("p50 of three = %v, want the second", got)
	}
	if got := percentile(nil, 50); got != nil {
		t.Errorf("p50 of nothing is %v", *got)
	}
}
