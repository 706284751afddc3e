package showlog

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
)

func within(t *testing.T, what string, got, want, tolerance time.Duration) {
	t.Helper()
	if (got - want).Abs() > tolerance {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestACalmShowLosesNothing(t *testing.T) {
	r := Of(record(func(s *studio) { s.run(10*time.Minute, nil) }))
	within(t, "duration", r.Duration, 10*time.Minute, time.Second)
	within(t, "on air", r.OnAir, 10*time.Minute, time.Second)
	if r.Lost != 0 || r.Cuts != 0 || len(r.Worst) != 0 || len(r.Causes) != 1 || r.Show != 7 {
		t.Errorf("%+v", r.Summary)
	}
	if len(r.Sizes) != 1 || r.Sizes[0].FPS < 29 || r.Sizes[0].FPS > 31 || r.Kbps < 3850 || r.Kbps > 3950 {
		t.Errorf("quality: %+v at %d kbit/s", r.Sizes, r.Kbps)
	}
}

// The viewer is a second behind: of an outage that second is not missed.
func TestAnOutageLosesAllButTheViewersSecond(t *testing.T) {
	r := Of(record(func(s *studio) {
		s.run(time.Minute, nil)
		s.dark(6 * time.Second)
		s.run(time.Minute, nil)
	}))
	within(t, "lost", r.Lost, 5*time.Second, 100*time.Millisecond)
	within(t, "off air", r.Duration-r.OnAir, 4*time.Second, 200*time.Millisecond)
	if len(r.Worst) != 1 || r.Worst[0].Reason != "outage" || r.Worst[0].FromKbps != 4000 || r.Worst[0].ToKbps != 300 {
		t.Fatalf("the worst moments: %+v", r.Worst)
	}
	within(t, "when", r.Worst[0].At.Sub(r.From), time.Minute, 2*time.Second)
	within(t, "lost in it", r.Worst[0].Lost, r.Lost, 0)
	if outage := cause(r, "outage"); outage.Cuts != 1 || outage.Lost < 4900*time.Millisecond {
		t.Errorf("the outage as a cause: %+v", outage)
	}
}

func TestAQueueOlderThanTheViewersSecondIsLostTime(t *testing.T) {
	r := Of(record(func(s *studio) {
		s.run(10*time.Second, nil)
		s.run(2*time.Second, func(step *Step) { step.QueueAge, step.Reason = 1100*time.Millisecond, "standing_queue" })
		s.run(2*time.Second, func(step *Step) { step.QueueAge = 900 * time.Millisecond })
	}))
	within(t, "lost", r.Lost, 2*time.Second, 100*time.Millisecond)
}

func cause(r Report, reason string) Cause {
	for _, c := range r.Causes {
		if c.Reason == reason {
			return c
		}
	}
	return Cause{}
}

func TestStepsDownForOneReasonAreOneCut(t *testing.T) {
	r := Of(record(func(s *studio) {
		for range 2 {
			s.step.TargetKbps, s.step.Reason = 4000, "probe"
			s.run(20*time.Second, nil)
			for _, kbps := range []int{3000, 2000, 1000} {
				s.step.TargetKbps, s.step.Reason = kbps, "capacity"
				s.run(500*time.Millisecond, nil)
			}
		}
		s.run(5*time.Second, nil)
	}))
	if got := cause(r, "capacity").Cuts; got != 2 || r.Cuts != 2 {
		t.Errorf("%d cuts (%d in all), want 2", got, r.Cuts)
	}
	if len(r.Worst) != 2 || r.Worst[0].ToKbps != 1000 || r.Worst[0].FromKbps != 4000 {
		t.Errorf("the moments: %+v", r.Worst)
	}
}

func TestTheWorstMomentComesFirstAndFiveAreTold(t *testing.T) {
	r := Of(record(func(s *studio) {
		for _, length := range []time.Duration{2, 3, 8, 1, 4, 5, 6} {
			s.run(20*time.Second, nil)
			s.dark(length * time.Second)
		}
		s.run(20*time.Second, nil)
	}))
	if len(r.Worst) != 5 {
		t.Fatalf("%d moments, want 5", len(r.Worst))
	}
	within(t, "the worst", r.Worst[0].Lost, 7*time.Second, 100*time.Millisecond)
	for i := range 4 {
		if r.Worst[i].Lost < r.Worst[i+1].Lost {
			t.Errorf("moment %d lost %v, the next %v", i, r.Worst[i].Lost, r.Worst[i+1].Lost)
		}
	}
}

// A box without a battery for its clock learns the time minutes after it starts.
func TestAClockThatIsSetDuringTheShowMovesNothing(t *testing.T) {
	play := func(jump time.Duration) Report {
		return Of(record(func(s *studio) {
			s.run(time.Minute, nil)
			s.dark(4 * time.Second)
			s.clock = s.clock.Add(jump)
			s.step.LastAck = s.step.LastAck.Add(jump)
			s.run(time.Minute, nil)
		}))
	}
	still, ahead, back := play(0), play(20*365*24*time.Hour), play(-2*time.Hour)
	for _, r := range []Report{ahead, back} {
		within(t, "duration", r.Duration, still.Duration, 0)
		within(t, "lost", r.Lost, still.Lost, 0)
		within(t, "the clock", r.To.Sub(r.From), still.Duration, 0)
		within(t, "the worst moment", r.Worst[0].At.Sub(r.From), still.Worst[0].At.Sub(still.From), 0)
	}
}

func TestWhatWasNotRecordedIsSaidToBeUnknown(t *testing.T) {
	entries := record(func(s *studio) { s.run(10*time.Minute, nil) })
	entries = append(entries[:100:100], entries[400:]...)
	r := Of(entries)
	within(t, "unrecorded", r.Unrecorded, 300*time.Second, 2*time.Second)
	within(t, "all", r.OnAir+r.Unrecorded, r.Duration, 0)
	known := 0
	for _, p := range r.Line {
		if p.Known {
			known++
		}
	}
	if share := float64(known) / float64(len(r.Line)); share < 0.45 || share > 0.55 {
		t.Errorf("%.2f of the course is told as known, want half", share)
	}
}

func TestNothingMakesAnEmptyReport(t *testing.T) {
	if r := Of(nil); r.Duration != 0 || r.Line != nil || r.Worst != nil {
		t.Errorf("%+v", r)
	}
	check(t, Of(make([]Entry, 3)))
}

// check holds for every report whatsoever.
func check(t *testing.T, r Report) {
	t.Helper()
	var time, lost, sizes, line, lineLost time.Duration
	cuts := 0
	for _, c := range r.Causes {
		time, lost, cuts = time+c.Time, lost+c.Lost, cuts+c.Cuts
	}
	for _, s := range r.Sizes {
		sizes += s.Time
	}
	for _, p := range r.Line {
		line, lineLost = line+p.Length, lineLost+p.Lost
	}
	known := r.Duration - r.Unrecorded
	switch {
	case r.Duration < 0 || r.Lost < 0 || r.OnAir < 0 || r.Unrecorded < 0 || r.Bytes < 0 || r.Kbps < 0:
		t.Errorf("less than nothing: %+v", r.Summary)
	case r.Lost > known || r.OnAir > known:
		t.Errorf("lost %v, on air %v of %v known", r.Lost, r.OnAir, known)
	case time != known || sizes != known || line != r.Duration:
		t.Errorf("causes last %v, sizes %v of %v known; the course %v of %v", time, sizes, known, line, r.Duration)
	case lost != r.Lost || cuts != r.Cuts || lineLost > r.Lost:
		t.Errorf("causes lost %v, the course %v of %v; cuts %d of %d", lost, lineLost, r.Lost, cuts, r.Cuts)
	case len(r.Line) > points || len(r.Worst) > mostMoments:
		t.Errorf("%d points, %d moments", len(r.Line), len(r.Worst))
	case !r.To.Add(-r.Duration).Equal(r.From):
		t.Errorf("from %v to %v in %v", r.From, r.To, r.Duration)
	}
	var worst time64
	for _, m := range r.Worst {
		worst += time64(m.Lost)
		if m.Length < m.Lost {
			t.Errorf("a moment of %v lost %v", m.Length, m.Lost)
		}
	}
	if worst > time64(r.Lost) {
		t.Errorf("the worst moments lost %d of %d", worst, r.Lost)
	}
}

type time64 int64

func TestTheSumsFitForAnyShow(t *testing.T) {
	reasons := []string{"probe", "climb", "hold", "capacity", "standing_queue", "loss", NoPicture, "new"}
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 3))
		check(t, Of(record(func(s *studio) {
			for range 30 {
				length := time.Duration(random.IntN(20_000)) * time.Millisecond
				s.step.Reason, s.step.TargetKbps = reasons[random.IntN(len(reasons))], 300+random.IntN(6000)
				s.step.QueueAge = time.Duration(random.IntN(1500)) * time.Millisecond
				s.step.Width, s.step.Height = 320<<random.IntN(3), 180<<random.IntN(3)
				switch random.IntN(4) {
				case 0:
					s.dark(length)
				case 1:
					s.run(length, func(step *Step) { step.Connected = false })
				default:
					s.run(length, nil)
				}
				if random.IntN(5) == 0 {
					s.step.Up += time.Duration(random.IntN(60_000)) * time.Millisecond // the process stood still
				}
			}
		})))
	}
}

func FuzzAnyFileMakesAReportWhoseSumsFit(f *testing.F) {
	var file bytes.Buffer
	for _, e := range record(func(s *studio) { s.run(3*time.Second, nil); s.dark(3 * time.Second); s.run(time.Second, nil) }) {
		line, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		file.Write(append(line, '\n'))
	}
	f.Add(file.Bytes())
	f.Add(file.Bytes()[:file.Len()-20])
	f.Add([]byte(`{"at":"2026-01-01T00:00:00Z","up":1,"lost":99999999,"reason":"x"}` + "\n" + `{"at":"2000-01-01T00:00:00Z","up":5000,"lost":99999999}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		check(t, Of(parse(bytes.NewReader(text), 1)))
	})
}
