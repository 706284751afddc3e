package showlog

import (
	"log/slog"
	"time"
)

var quiet = slog.New(slog.DiscardHandler)

// morning is when the shows of the tests begin.
var morning = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// studio makes steps as a rate loop would, 20 a second.
type studio struct {
	step  Step
	clock time.Time
	add   func(Step)
}

func newStudio(add func(Step)) *studio {
	return &studio{clock: morning, add: add, step: Step{
		Connected: true, RTT: 40 * time.Millisecond, TargetKbps: 4000, AckedKbps: 3900,
		SourceKbps: 8000, OutKbps: 3800, Mode: "transcode", Width: 1280, Height: 720, Reason: "probe",
	}}
}

// run passes time; each step first goes through shape, which can be nil.
func (s *studio) run(length time.Duration, shape func(*Step)) {
	for end := s.step.Up + length; s.step.Up < end; {
		s.step.Up += 50 * time.Millisecond
		s.clock = s.clock.Add(50 * time.Millisecond)
		s.step.At = s.clock
		s.step.LastAck = s.clock.Add(-20 * time.Millisecond)
		s.step.Acked += uint64(s.step.AckedKbps) * 50 / 8
		s.step.SentVideo += 3 * uint64(s.step.Up/(50*time.Millisecond)%2) // 30 a second
		step := s.step
		if shape != nil {
			shape(&step)
		}
		s.add(step)
	}
}

// dark is a line that carries nothing: what was acknowledged stands still.
func (s *studio) dark(length time.Duration) {
	last, acked := s.step.LastAck, s.step.Acked
	s.run(length, func(step *Step) {
		step.LastAck, step.Acked, step.AckedKbps = last, acked, 0
		if step.At.Sub(last) > time.Second {
			step.Reason, step.TargetKbps = "outage", 300
		}
	})
	s.step.Acked = acked
}

// record is what a sampler makes of a show.
func record(play func(*studio)) []Entry {
	var m sampler
	var entries []Entry
	play(newStudio(func(s Step) {
		if e, due := m.take(s); due {
			e.Show = 7
			entries = append(entries, e)
		}
	}))
	if e, due := m.rest(); due {
		e.Show = 7
		entries = append(entries, e)
	}
	return entries
}
