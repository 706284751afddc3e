package worker

import (
	"testing"
	"time"
)

// run gives the governor pictures at a rate from one time to another and
// returns what the last one got.
func run(g *governor, from, to time.Duration, fps float64) (kbps, vbv int) {
	for i := range int((to - from).Seconds() * fps) {
		kbps, vbv = g.next(from + time.Duration(float64(i)*float64(time.Second)/fps))
	}
	return kbps, vbv
}

func TestAStepShortensTheBufferForHalfASecond(t *testing.T) {
	g := newGovernor(4000)
	if kbps, vbv := run(g, 0, time.Second, 30); kbps != 4000 || vbv != calmVBV {
		t.Errorf("at the start %d kbit/s and %d ms", kbps, vbv)
	}
	g.step(3000)
	for _, tt := range []struct {
		at  time.Duration
		vbv int
	}{{1000, stepVBV}, {1033, stepVBV}, {1466, stepVBV}, {1500, calmVBV}, {1533, calmVBV}} {
		if kbps, vbv := g.next(tt.at * time.Millisecond); kbps != 3000 || vbv != tt.vbv {
			t.Errorf("at %d ms: %d kbit/s and %d ms, want %d ms", tt.at, kbps, vbv, tt.vbv)
		}
	}
}

func TestAGreatDropBrakesTheFirstPictures(t *testing.T) {
	g := newGovernor(4000)
	run(g, 0, time.Second, 30)
	g.step(1000)
	for at, want := time.Second, 53; at < 2*time.Second; at += time.Second / 30 {
		switch {
		case at >= time.Second+stepLast:
			want = calmVBV
		case at >= time.Second+brakeLast:
			want = stepVBV
		}
		if kbps, vbv := g.next(at); kbps != 1000 || vbv != want {
			t.Errorf("at %v: %d kbit/s and %d ms, want %d ms", at, kbps, vbv, want)
		}
	}
	g.step(4000)
	if _, vbv := g.next(2 * time.Second); vbv < stepVBV {
		t.Errorf("a step up brakes to %d ms", vbv)
	}
}

func TestAStepUpIsExaggeratedForAMoment(t *testing.T) {
	g := newGovernor(1000)
	run(g, 0, time.Second, 30)
	g.step(2000)
	for at := time.Second; at < 2*time.Second; at += time.Second / 30 {
		want := 2000
		if at < time.Second+kickLast {
			want = 2400
		}
		if kbps, _ := g.next(at); kbps != want {
			t.Errorf("at %v: %d kbit/s, want %d", at, kbps, want)
		}
	}
}

func TestSmallStepsLeaveTheBufferUntilTheyAddUp(t *testing.T) {
	g := newGovernor(1000)
	run(g, 0, time.Second, 30)
	g.step(1050)
	if kbps, vbv := g.next(time.Second); kbps != 1050 || vbv != calmVBV {
		t.Errorf("after a small step %d kbit/s and %d ms", kbps, vbv)
	}
	g.step(1100)
	if kbps, vbv := g.next(time.Second + 33*time.Millisecond); kbps != 1128 || vbv != stepVBV { // 2.5 % more for a moment
		t.Errorf("after two small steps %d kbit/s and %d ms", kbps, vbv)
	}
}

func TestAJumpBackInTimeEndsTheShortBuffer(t *testing.T) {
	g := newGovernor(1000)
	run(g, time.Hour, time.Hour+time.Second, 30)
	g.step(2000)
	g.next(time.Hour + time.Second)
	if _, vbv := g.next(time.Second); vbv != calmVBV {
		t.Errorf("the buffer stays at %d ms", vbv)
	}
}

func TestTheCodecIsToldMoreWhenPicturesAreFewer(t *testing.T) {
	for _, tt := range []struct {
		nominal, fps  float64
		kbps, vbvLess int
	}{
		{30, 30, 1000, 300},
		{30, 15, 2000, 200}, // six pictures at 15 per second are 400 ms, which the codec counts as 200
		{30, 10, 3000, 200},
		{30, 60, 500, 600},
		{25, 25, 1000, 300},
		{30, 28, 1071, 280},
	} {
		g := newGovernor(1000)
		g.renominate(tt.nominal)
		kbps, vbv := run(g, 0, 3*time.Second, tt.fps)
		if kbps < tt.kbps*97/100 || kbps > tt.kbps*103/100 || vbv < tt.vbvLess*96/100 || vbv > tt.vbvLess*104/100 {
			t.Errorf("nominal %v, true %v: told %d kbit/s and %d ms, want %d and %d",
				tt.nominal, tt.fps, kbps, vbv, tt.kbps, tt.vbvLess)
		}
	}
}

func TestJitterAndLostPicturesDoNotReachTheCodec(t *testing.T) {
	g := newGovernor(1000)
	run(g, 0, 2*time.Second, 30)
	for i := range 120 {
		if i%40 == 5 {
			continue // lost
		}
		jitter := time.Duration(i*7919%11-5) * time.Millisecond
		if kbps, _ := g.next(2*time.Second + time.Duration(i)*time.Second/30 + jitter); kbps < 960 || kbps > 1040 {
			t.Fatalf("picture %d: told %d kbit/s", i, kbps)
		}
	}
}

func TestAGapSaysNothingOfTheFrameRate(t *testing.T) {
	g := newGovernor(1000)
	run(g, 0, time.Second, 30)
	if kbps, _ := run(g, time.Minute, time.Minute+time.Second, 30); kbps != 1000 {
		t.Errorf("told %d kbit/s after a gap", kbps)
	}
}
