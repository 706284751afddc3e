package main

import (
	"math"
	"math/rand/v2"
	"time"

	"studiobox/uplink/linktest"
)

// Held-out lines are drawn at random, and no constant of any rule was chosen
// on them: their seeds are for reporting only.
const (
	heldSeconds = 60
	heldGrain   = 200 * time.Millisecond
	heldLeast   = 700 // kbit/s, the lower mirror of the walk
	heldMost    = 8000
	heldStray   = 0.07 // standard deviation of one stride, in the logarithm of the rate
	heldFades   = 12   // seconds from one fade to the next, on average
	heldOutages = 25   // seconds from one outage to the next, on average
)

// heldOutLines are three walks, each fixed by the bench's seed.
func heldOutLines(seed uint64) []line {
	var lines []line
	for i, name := range []string{"held-a", "held-b", "held-c"} {
		up := steps(walk(rand.New(rand.NewPCG(seed, 1000+uint64(i))), heldSeconds*time.Second)...)
		up.Queue = traceQueue
		lines = append(lines, line{name: name, seconds: heldSeconds, up: up})
	}
	return lines
}

// walk is a random walk of the capacity in its logarithm, between two mirrors,
// with fades to a fifth for one to three seconds and outages of 0.2 to 1.2 s.
func walk(random *rand.Rand, length time.Duration) []linktest.Step {
	low, high := math.Log(heldLeast), math.Log(heldMost)
	level := low + (0.4+0.4*random.Float64())*(high-low)
	var schedule []linktest.Step
	var fade, outage time.Duration // what is left of them
	chance := func(seconds float64) bool { return random.Float64() < heldGrain.Seconds()/seconds }
	for at := time.Duration(0); at < length; at += heldGrain {
		level += random.NormFloat64() * heldStray * math.Sqrt2
		if level < low {
			level = 2*low - level
		} else if level > high {
			level = 2*high - level
		}
		if fade <= 0 && chance(heldFades) {
			fade = time.Second + time.Duration(random.Float64()*float64(2*time.Second))
		}
		if outage <= 0 && chance(heldOutages) && at > 5*time.Second {
			outage = 200*time.Millisecond + time.Duration(random.Float64()*float64(time.Second))
		}
		kbps := math.Exp(level)
		if fade > 0 {
			kbps /= 5
		}
		if outage > 0 {
			kbps = 0
		}
		fade, outage = fade-heldGrain, outage-heldGrain
		schedule = append(schedule, linktest.Step{At: at, Kbps: int(kbps)})
	}
	return schedule
}
