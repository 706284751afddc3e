package showlog

import (
	"math"
	"testing"
	"time"
)

func TestOneEntryASecondWhileNothingChanges(t *testing.T) {
	entries := record(func(s *studio) { s.run(time.Minute, nil) })
	if len(entries) < 59 || len(entries) > 61 {
		t.Fatalf("%d entries in a minute, want one a second", len(entries))
	}
	if last := entries[len(entries)-1]; last.FPS < 29 || last.FPS > 31 || last.FromKbps != 0 || last.LostMs != 0 || !last.OnAir {
		t.Errorf("an entry of a calm show: %+v", last)
	}
}

func TestAChangeOfReasonIsAnEntryOfItsOwn(t *testing.T) {
	entries := record(func(s *studio) {
		s.run(3300*time.Millisecond, nil)
		s.step.Reason = "climb"
		s.run(300*time.Millisecond, nil)
	})
	for _, e := range entries {
		if e.Reason == "climb" {
			if e.UpMs > 3400 {
				t.Errorf("the change at 3.35 s was written at %d ms", e.UpMs)
			}
			return
		}
	}
	t.Error("the change was not written")
}

func TestACutTellsItsCauseEvenIfThatLastsForOneStep(t *testing.T) {
	entries := record(func(s *studio) {
		s.run(2050*time.Millisecond, nil)
		s.step.Reason = "climb" // an entry of its own, 50 ms before the cut
		s.run(50*time.Millisecond, nil)
		s.step.TargetKbps = 1500
		s.run(50*time.Millisecond, func(step *Step) { step.Reason, step.Flush, step.Key = "standing_queue", true, true })
		s.step.Reason = "hold"
		s.run(2*time.Second, nil)
	})
	for _, e := range entries {
		if e.cut() {
			if e.Reason != "standing_queue" || e.FromKbps != 4000 || e.TargetKbps != 1500 || !e.Flush || !e.Key {
				t.Errorf("the cut: %+v", e)
			}
			return
		}
	}
	t.Error("the cut was not written")
}

func TestReasonsThatFlickerDoNotFillTheCard(t *testing.T) {
	reasons := []string{"probe", "hold"}
	n := 0
	entries := record(func(s *studio) {
		s.run(time.Minute, func(step *Step) { n++; step.Reason = reasons[n%2] })
	})
	if len(entries) > 5*61 {
		t.Errorf("%d entries in a minute, at most 5 a second are allowed", len(entries))
	}
}

func TestAFlushBetweenTwoEntriesIsNotForgotten(t *testing.T) {
	entries := record(func(s *studio) {
		s.run(2*time.Second, nil)
		s.run(50*time.Millisecond, func(step *Step) { step.Key, step.Skip = true, true })
		s.run(2*time.Second, nil)
	})
	keys := 0
	for _, e := range entries {
		if e.Key && e.Skip {
			keys++
		}
	}
	if keys != 1 {
		t.Errorf("one request for a key picture is in %d entries", keys)
	}
}

func TestAShowBeginsWithItsOwnFirstMedia(t *testing.T) {
	left := morning.Add(-500 * time.Millisecond) // of the show before
	entries := record(func(s *studio) {
		s.run(4*time.Second, func(step *Step) { step.LastAck, step.Connected = left, step.Up > 2*time.Second })
		s.run(time.Second, nil)
	})
	if len(entries) == 0 || entries[0].UpMs != 4050 {
		t.Fatalf("the first entries: %+v", entries[:min(1, len(entries))])
	}
	if sum := Of(entries); sum.Lost > 0 {
		t.Errorf("%v were lost before the show began", sum.Lost)
	}
}

func TestBytesAreCountedAcrossConnections(t *testing.T) {
	entries := record(func(s *studio) {
		s.run(10*time.Second, nil)
		s.step.Acked = 500_000 // another connection, first seen when it had carried this much
		s.run(10*time.Second, nil)
	})
	want := 20.0*3900/8*1000 + 500_000
	if got := float64(Of(entries).Bytes); math.Abs(got-want) > want/50 {
		t.Errorf("%.0f bytes, want about %.0f", got, want)
	}
}

func TestALossThatIsNoNumberIsNone(t *testing.T) {
	entries := record(func(s *studio) {
		s.step.Loss = math.NaN()
		s.run(time.Second, nil)
	})
	if len(entries) == 0 || entries[0].Loss != 0 {
		t.Errorf("%+v", entries)
	}
}
