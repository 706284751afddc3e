package board

import (
	"context"
	"strings"
	"testing"
	"time"
)

// sleepy is a clock that oversleeps by what it is told.
type sleepy struct {
	now  time.Duration
	over []time.Duration
}

func (s *sleepy) Now() time.Duration { return s.now }

func (s *sleepy) SleepUntil(at time.Duration) {
	s.now = max(s.now, at)
	if len(s.over) > 0 {
		s.now += s.over[0]
		s.over = s.over[1:]
	}
}

func TestLatenessIsCountedFromTheTimeThatWasMeant(t *testing.T) {
	const us = time.Microsecond
	clock := &sleepy{now: 5 * time.Second}
	for i := range 100 {
		clock.over = append(clock.over, time.Duration(i+1)*us)
	}
	j := summary(wakes(context.Background(), clock, 101*ms))
	want := Jitter{Samples: 100, P50: 50 * us, P99: 99 * us, Max: 100 * us}
	if j != want {
		t.Errorf("got %+v, want %+v", j, want)
	}
}

func TestAWakeThatComesPeriodsLateMissesThem(t *testing.T) {
	clock := &sleepy{over: []time.Duration{0, 3500 * time.Microsecond, 0}}
	j := summary(wakes(context.Background(), clock, 8*ms))
	if j.Samples != 4 || j.Missed != 3 || j.Max != 3500*time.Microsecond {
		t.Errorf("got %+v", j)
	}
}

func TestTheMeasurementEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := MeasureJitter(ctx, time.Hour); err == nil || !strings.Contains(err.Error(), "too short") {
		t.Errorf("got %v", err)
	}
}

func TestThisMachineTellsItsJitterAndItsPriority(t *testing.T) {
	j, err := MeasureJitter(t.Context(), 20*ms)
	if err != nil {
		t.Fatal(err)
	}
	if j.Samples == 0 || j.P50 < 0 || j.P50 > j.P99 || j.P99 > j.Max || j.Realtime != (j.Refused == "") {
		t.Errorf("got %+v", j)
	}
	text := j.String()
	if strings.Contains(text, "\n") || !strings.Contains(text, "real-time priority") {
		t.Errorf("got %q", text)
	}
}
