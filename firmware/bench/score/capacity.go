package score

import (
	"math"
	"time"
)

// stretch is a time in which the line offered so much.
type stretch struct {
	from, to time.Duration
	kbps     float64
}

func (s stretch) length() time.Duration { return s.to - s.from }

// capacity is what the line offered, stretch after stretch.
type capacity []stretch

// capacityOf turns the ticks, whose times are their ends, into stretches. A
// line without a limit offers the ceiling.
func capacityOf(ticks []Tick, t0 int64, ceiling float64) capacity {
	var c capacity
	limited := false
	for i, tick := range ticks {
		to := time.Duration(tick.At - t0)
		from := to - GridStep
		if i > 0 {
			from = c[i-1].to
		} else if len(ticks) > 1 {
			from = to - time.Duration(ticks[1].At-tick.At)
		}
		limited = limited || tick.CapacityKbps > 0
		c = append(c, stretch{from, to, tick.CapacityKbps})
	}
	for i := range c {
		if !limited {
			c[i].kbps = ceiling
		}
	}
	return c
}

// mean is the capacity's mean over a time in kbit/s; what is not recorded
// counts as nothing.
func (c capacity) mean(from, to time.Duration) float64 {
	if to <= from {
		return 0
	}
	sum := 0.0
	for _, s := range c {
		if part := min(s.to, to) - max(s.from, from); part > 0 {
			sum += s.kbps * part.Seconds()
		}
	}
	return sum / (to - from).Seconds()
}

// usable is the mean over a time of what a sender with a ceiling could have
// used: each second's mean, capped. A finer grain would call the bursts of a
// cellular line unusable, which a queue of a second turns into a steady rate.
func (c capacity) usable(from, to time.Duration, ceiling float64) float64 {
	if to <= from {
		return 0
	}
	sum := 0.0
	for at := from; at < to; at += time.Second {
		end := min(at+time.Second, to)
		sum += min(ceiling, c.mean(at, end)) * (end - at).Seconds()
	}
	return sum / (to - from).Seconds()
}

// outages are the stretches of at least half a second without any capacity,
// as far as they begin in the window.
func (c capacity) outages(w window) []stretch {
	const shortest = 500 * time.Millisecond
	var all []stretch
	var run stretch
	for _, s := range append(c[:len(c):len(c)], stretch{kbps: math.Inf(1)}) {
		if s.kbps == 0 && run.length() > 0 {
			run.to = s.to
		} else if s.kbps == 0 {
			run = s
		} else {
			if run.length() >= shortest && run.from >= w.from && run.from < w.to {
				all = append(all, run)
			}
			run = stretch{}
		}
	}
	return all
}

const (
	// levelSpread is how far a level's ticks may lie from its mean.
	levelSpread = 0.10
	// levelLasts is how long a level must hold to be one.
	levelLasts = 5 * time.Second
	// stepWithin is the longest way from one level to the next.
	stepWithin = time.Second
	// stepFactor is the least ratio of two levels that makes a step.
	stepFactor = 1.8
)

// levels are the stretches in which the capacity stood still. Silence breaks
// no level: a blackout is an outage, not a step down and one up.
func (c capacity) levels() []stretch {
	var all []stretch
	var level stretch
	var weight float64
	end := func() {
		if level.length() < levelLasts {
			return
		}
		if n := len(all); n > 0 && near(all[n-1].kbps, level.kbps) {
			all[n-1].to = level.to
			return
		}
		all = append(all, level)
	}
	for _, s := range c {
		if s.kbps == 0 {
			continue
		}
		share := s.length().Seconds()
		if weight == 0 || !near(level.kbps, s.kbps) {
			end()
			level, weight = stretch{from: s.from, kbps: s.kbps}, 0
		}
		level.kbps = (level.kbps*weight + s.kbps*share) / (weight + share)
		level.to, weight = s.to, weight+share
	}
	end()
	return all
}

func near(level, kbps float64) bool { return math.Abs(kbps-level) <= levelSpread*level }

// step is a change from one level to another at the end of the first.
type step struct {
	at, until time.Duration
	from, to  float64 // kbit/s
}

// steps are the window's changes by stepFactor and more.
func (c capacity) steps(w window) []step {
	var all []step
	levels := c.levels()
	for i := 1; i < len(levels); i++ {
		a, b := levels[i-1], levels[i]
		big := max(a.kbps, b.kbps) >= stepFactor*min(a.kbps, b.kbps)
		if big && b.from-a.to <= stepWithin && a.to >= w.from && a.to < w.to {
			all = append(all, step{at: a.to, until: min(b.to, w.to), from: a.kbps, to: b.kbps})
		}
	}
	return all
}
