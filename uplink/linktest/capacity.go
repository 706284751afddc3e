package linktest

import (
	"math"
	"slices"
	"time"
)

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

// capacity is what a line offers over time. Stretches are open at their start
// and closed at their end.
type capacity interface {
	// serve spends what the line offers in (from, to] on at most need
	// bytes: how many were served, and when the last of them had left.
	serve(from, to time.Duration, need float64) (served float64, at time.Duration)
	// wake is a time at which serving need bytes may have come to an end.
	wake(from time.Duration, need float64) time.Duration
	// offered is the number of bytes that the line could have carried.
	offered(from, to time.Duration) float64
	// kbps is the rate by which a queue in time is bounded, 0 = no limit.
	kbps(at time.Duration) int
}

// stepped is a rate that changes at written times.
type stepped struct {
	steps  []Step
	period time.Duration // after which they begin anew, 0 = never
}

// span is the rate at a time and when it may change next.
func (s stepped) span(at time.Duration) (kbps int, until time.Duration) {
	began := s.loop(at)
	until = never
	if s.period > 0 {
		until = began + s.period
	}
	for _, step := range slices.Backward(s.steps) {
		if step.At <= at-began {
			return step.Kbps, until
		}
		until = began + step.At
	}
	return 0, until
}

// loop is when the present round through the steps began.
func (s stepped) loop(at time.Duration) time.Duration {
	if s.period == 0 {
		return 0
	}
	return at - at%s.period
}

func (s stepped) serve(from, to time.Duration, need float64) (float64, time.Duration) {
	served := 0.0
	for from < to {
		kbps, until := s.span(from)
		until = min(until, to)
		if done := from + lasting(need-served, kbps); kbps > 0 && done <= until {
			return need, done
		}
		served += float64(until-from) * float64(kbps) / 8e6
		from = until
	}
	return served, to
}

func (s stepped) wake(from time.Duration, need float64) time.Duration {
	kbps, until := s.span(from)
	if kbps == 0 {
		return until
	}
	return min(until, from+lasting(need, kbps))
}

func (s stepped) offered(from, to time.Duration) float64 {
	served, _ := s.serve(from, to, math.Inf(1))
	return served
}

// kbps is the present rate, or while that is 0 the one before it, or else the
// one after it: a queue in time keeps a size even when nothing is served.
func (s stepped) kbps(at time.Duration) int {
	kbps := 1
	for _, step := range slices.Backward(s.steps) {
		if step.Kbps == 0 {
			continue
		}
		if kbps = step.Kbps; step.At <= at-s.loop(at) {
			break
		}
	}
	return kbps
}

// lasting is how long a rate takes for some bytes; kbit/s is bit/ms.
func lasting(bytes float64, kbps int) time.Duration {
	if kbps <= 0 || math.IsInf(bytes, 1) {
		return never / 4
	}
	return time.Duration(math.Ceil(bytes * 8e6 / float64(kbps)))
}

// replayed serves at the opportunities of a trace. What an opportunity has
// left over serves other packets in the same instant, and is lost after it.
type replayed struct {
	trace  *Trace
	left   float64
	leftAt time.Duration
}

func (r *replayed) serve(from, to time.Duration, need float64) (float64, time.Duration) {
	if r.leftAt != from {
		r.left, r.leftAt = 0, from
	}
	served := r.spend(need)
	for served < need {
		n := r.trace.count(r.leftAt)
		at := r.trace.at(n)
		if at > to {
			return served, to
		}
		r.left, r.leftAt = float64((r.trace.count(at)-n)*opportunity), at
		served += r.spend(need - served)
	}
	return served, r.leftAt
}

// spend takes up to need bytes of what the present instant has left.
func (r *replayed) spend(need float64) float64 {
	spent := min(need, r.left)
	r.left -= spent
	return spent
}

func (r *replayed) wake(from time.Duration, _ float64) time.Duration {
	return r.trace.at(r.trace.count(from))
}

func (r *replayed) offered(from, to time.Duration) float64 {
	return float64((r.trace.count(to) - r.trace.count(from)) * opportunity)
}

func (r *replayed) kbps(time.Duration) int { return r.trace.Kbps() }

// unlimited carries everything at once.
type unlimited struct{}

func (unlimited) serve(from, _ time.Duration, need float64) (float64, time.Duration) {
	return need, from
}
func (unlimited) wake(from time.Duration, _ float64) time.Duration { return from }
func (unlimited) offered(from, to time.Duration) float64           { return 0 }
func (unlimited) kbps(time.Duration) int                           { return 0 }

// capacity makes what the direction asks for.
func (d Direction) capacity() capacity {
	switch {
	case d.Trace != nil:
		return &replayed{trace: d.Trace}
	case len(d.Schedule) > 0:
		return d.stepped()
	}
	return constant(d.Kbps)
}

// stepped is the direction's schedule. In a loop the last step only says when
// the next round begins, as a trace's last stamp does.
func (d Direction) stepped() stepped {
	if !d.Loop {
		return stepped{steps: d.Schedule}
	}
	last := len(d.Schedule) - 1
	return stepped{steps: d.Schedule[:last], period: d.Schedule[last].At}
}

// constant is a rate that does not change; 0 is no limit.
func constant(kbps int) capacity {
	if kbps == 0 {
		return unlimited{}
	}
	return stepped{steps: []Step{{Kbps: kbps}}}
}
