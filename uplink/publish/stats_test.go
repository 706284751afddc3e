package publish

import (
	"math"
	"testing"
	"time"
)

func TestTheLossIsThatOfTheLastTenToTwentySeconds(t *testing.T) {
	var m lossMeter
	if got := m.fraction(); got != -1 {
		t.Errorf("before anything was sent: %v", got)
	}
	acked, again := uint64(1000), uint64(0)
	for step := range 400 { // four a second; from 30 s to 40 s one byte in ten is sent again
		at := time.Duration(step) * 250 * time.Millisecond
		acked += 9000
		if at >= 30*time.Second && at < 40*time.Second {
			again += 1000
		}
		m.look(at, acked, again)
		got, want := m.fraction(), 0.0
		switch {
		case step == 0:
			want = -1
		case at >= 30*time.Second && at < 60*time.Second:
			if got < 0 || got > 0.1 || at > 40*time.Second && at < 49*time.Second && got < 0.04 {
				t.Errorf("at %s: %.3f", at, got)
			}
			continue
		}
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("at %s: %.3f, want %.3f", at, got, want)
		}
	}
}
