package rtspcam

import (
	"testing"
	"time"
)

func TestTheMeterShowsTheLastTwoSeconds(t *testing.T) {
	var m meter
	start := time.Unix(1000, 0)
	if kbps, fps := m.rates(start); kbps != 0 || fps != 0 {
		t.Errorf("an empty meter shows %d kbit/s and %.1f pictures", kbps, fps)
	}
	at := start
	feed := func(d time.Duration, every time.Duration, size int) {
		for end := at.Add(d); at.Before(end); at = at.Add(every) {
			m.add(at, size)
		}
	}
	check := func(what string, wantKbps int, wantFPS float64) {
		t.Helper()
		kbps, fps := m.rates(at)
		if off := kbps - wantKbps; off < -wantKbps/20 || off > wantKbps/20 {
			t.Errorf("%s: %d kbit/s, want %d", what, kbps, wantKbps)
		}
		if off := fps - wantFPS; off < -1 || off > 1 {
			t.Errorf("%s: %.2f pictures a second, want %.2f", what, fps, wantFPS)
		}
	}
	feed(500*time.Millisecond, 40*time.Millisecond, 5000)
	check("after half a second", 1000, 25)
	feed(10*time.Second, 40*time.Millisecond, 5000)
	check("in steady state", 1000, 25)
	feed(time.Second, 20*time.Millisecond, 5000)
	check("half way to twice the rate", 1500, 37.5)
	feed(time.Second, 20*time.Millisecond, 5000)
	check("at twice the rate", 2000, 50)
	at = at.Add(time.Second)
	check("half way to silence", 1000, 25)
	at = at.Add(1200 * time.Millisecond)
	check("in silence", 0, 0)
	at = at.Add(1000 * time.Hour)
	feed(3*time.Second, 40*time.Millisecond, 5000)
	check("after a long silence", 1000, 25)
}
