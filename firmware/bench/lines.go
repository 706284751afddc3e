package main

import (
	"path"
	"time"

	"studiobox/uplink/linktest"
)

// oneWay is the delay of every line, each way.
const oneWay = 40 * time.Millisecond

// traceQueue is the queue of cellular lines, whose base stations hold much.
const traceQueue = time.Second

// line is one condition under which all rules are measured.
type line struct {
	name    string
	seconds int
	up      linktest.Direction
	// ingestKbps is how fast the ingest reads; 0 = as fast as it can.
	ingestKbps int
	// cross is a long TCP flow that shares the way up.
	cross bool
}

// down is the way back: never full, but dark whenever the way up is.
func (l line) down() linktest.Direction {
	return linktest.Direction{Delay: oneWay, Blackouts: l.up.Blackouts}
}

// matches tells whether the name fits one of the patterns; none fits all.
func (l line) matches(patterns []string) bool {
	for _, pattern := range patterns {
		if ok, err := path.Match(pattern, l.name); ok && err == nil {
			return true
		}
	}
	return len(patterns) == 0
}

// writtenLines are the lines that are no recordings.
func writtenLines() []line {
	rfc := []linktest.Step{{At: 0, Kbps: 1000}, {At: 40 * time.Second, Kbps: 2500}, {At: 60 * time.Second, Kbps: 600}, {At: 80 * time.Second, Kbps: 1000}}
	lines := []line{
		{name: "rfc8867-5.1", seconds: 100, up: steps(rfc...)},
		{name: "rfc8867-5.1x4", seconds: 100, up: steps(times(4, rfc)...)},
		{name: "rfc8867-5.6", seconds: 100, up: constant(2000), cross: true},
		{name: "steps", seconds: 60, up: steps(every(12*time.Second, 6000, 1500, 4000, 800, 5000)...)},
		{name: "climb-0.6-6", seconds: 40, up: steps(every(12*time.Second, 600, 6000)...)},
		{name: "drop-6-1.5", seconds: 40, up: steps(every(20*time.Second, 6000, 1500)...)},
		{name: "drop-2.4-0.6", seconds: 40, up: steps(every(20*time.Second, 2400, 600)...)},
		{name: "slow-ingest", seconds: 45, up: constant(4000), ingestKbps: 2000},
	}
	lines = append(lines, blackouts()...)
	lines = append(lines, losses()...)
	return append(lines, queues()...)
}

// blackouts are outages of both ways, 30 s into a line of 4 Mbit/s.
func blackouts() []line {
	var lines []line
	for _, b := range []struct {
		name    string
		outage  time.Duration
		seconds int
	}{{"blackout-1s", 1, 75}, {"blackout-3s", 3, 75}, {"blackout-5s", 5, 75}, {"blackout-10s", 10, 75}, {"blackout-30s", 30, 100}} {
		up := constant(4000)
		up.Blackouts = []linktest.Blackout{{At: 30 * time.Second, For: b.outage * time.Second}}
		lines = append(lines, line{name: b.name, seconds: b.seconds, up: up})
	}
	return lines
}

// losses are random losses on a line that is otherwise constant.
func losses() []line {
	var lines []line
	for _, l := range []struct {
		name string
		part float64
	}{{"loss-0", 0}, {"loss-1", 0.01}, {"loss-2", 0.02}, {"loss-5", 0.05}} {
		up := constant(4000)
		up.Loss = linktest.Loss{Random: l.part}
		lines = append(lines, line{name: l.name, seconds: 45, up: up})
	}
	return lines
}

// queues are shallow and deep queues before a line that narrows for a while.
func queues() []line {
	var lines []line
	for _, q := range []struct {
		name  string
		queue time.Duration
	}{{"queue-100ms", 100 * time.Millisecond}, {"queue-300ms", 300 * time.Millisecond}, {"queue-1s", time.Second}, {"queue-3s", 3 * time.Second}} {
		up := steps(every(15*time.Second, 4000, 1500, 4000)...)
		up.Queue = q.queue
		lines = append(lines, line{name: q.name, seconds: 45, up: up})
	}
	return lines
}

// constant is a way up that does not change, in kbit/s.
func constant(kbps int) linktest.Direction {
	return linktest.Direction{Kbps: kbps, Delay: oneWay, Queue: linktest.DefaultQueue}
}

func steps(schedule ...linktest.Step) linktest.Direction {
	return linktest.Direction{Schedule: schedule, Delay: oneWay, Queue: linktest.DefaultQueue}
}

// every is a schedule whose rates, in kbit/s, last equally long; the last stays.
func every(span time.Duration, kbps ...int) []linktest.Step {
	schedule := make([]linktest.Step, len(kbps))
	for i, rate := range kbps {
		schedule[i] = linktest.Step{At: time.Duration(i) * span, Kbps: rate}
	}
	return schedule
}

// times is a schedule with all its rates multiplied.
func times(factor int, schedule []linktest.Step) []linktest.Step {
	scaled := make([]linktest.Step, len(schedule))
	for i, step := range schedule {
		scaled[i] = linktest.Step{At: step.At, Kbps: step.Kbps * factor}
	}
	return scaled
}
