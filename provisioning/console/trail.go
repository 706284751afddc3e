package console

import (
	"math"
	"sync"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// A trail is the last 24 hours of a box's figures by the half hour: 48 means of
// 6 figures of 2 bytes, so that 100,000 boxes cost about 70 MB.
const (
	trailStep  = 30 * time.Minute
	trailSteps = 48
	noFigure   = math.MinInt16
	mostTrails = 200_000 // as the roster keeps boxes
)

// vital is one figure of a health message. What is kept is the figure times
// scale, in 16 bits.
type vital struct {
	name, unit string
	decimals   int
	scale      float64
	of         func(contract.Health) float64 // NaN where the box cannot tell
}

// vitalsKept is how many figures a trail has.
const vitalsKept = 6

func vitals() [vitalsKept]vital {
	whole := func(n int) float64 {
		if n == contract.Unknown {
			return math.NaN()
		}
		return float64(n)
	}
	return [vitalsKept]vital{
		{"spark.cpu", "unit.percent", 0, 10, func(h contract.Health) float64 { return whole(h.CPU) }},
		{"spark.temperature", "unit.celsius", 1, 10, func(h contract.Health) float64 {
			if h.TC == contract.Unknown {
				return math.NaN()
			}
			return h.TC
		}},
		{"spark.rate", "unit.kbps", 0, 1. / 32, func(h contract.Health) float64 { return whole(h.Up.Kbps) }},
		{"spark.rtt", "unit.ms", 0, 1, func(h contract.Health) float64 { return whole(h.RTT) }},
		{"spark.queue", "unit.ms", 0, 1, func(h contract.Health) float64 { return whole(h.Up.QueueMs) }},
		{"spark.memory", "unit.percent", 0, 10, func(h contract.Health) float64 { return whole(h.Mem) }},
	}
}

// Vitals keeps the trails of all boxes, in memory: they begin anew with the
// program. A console that hears only its share of the messages has means of that
// share. It is safe for many goroutines.
type Vitals struct {
	mu     sync.Mutex
	trails map[[2]string]*trail
}

// trail holds closed steps as a ring, and the sums of the one that is open.
type trail struct {
	closed [trailSteps][vitalsKept]int16
	step   int64 // the open one, in steps since 1970
	sums   [vitalsKept]float32
	counts [vitalsKept]uint16
}

// NewVitals makes an empty store.
func NewVitals() *Vitals { return &Vitals{trails: map[[2]string]*trail{}} }

// Take takes a box's message in, by the time at which it came. All but health
// messages are passed over.
func (v *Vitals) Take(u roster.Update) {
	if u.Health == nil || u.Retained {
		return
	}
	step := u.At.Unix() / int64(trailStep.Seconds())
	v.mu.Lock()
	defer v.mu.Unlock()
	one := v.trails[[2]string{u.Tenant, u.Box}]
	if one == nil {
		if len(v.trails) >= mostTrails {
			return
		}
		one = &trail{step: step}
		for i := range one.closed {
			one.closed[i] = blank()
		}
		v.trails[[2]string{u.Tenant, u.Box}] = one
	}
	one.turn(step)
	for i, kind := range vitals() {
		if figure := kind.of(*u.Health); !math.IsNaN(figure) && step == one.step && one.counts[i] < math.MaxUint16 {
			one.sums[i] += float32(figure)
			one.counts[i]++
		}
	}
}

func blank() (means [vitalsKept]int16) {
	for i := range means {
		means[i] = noFigure
	}
	return means
}

// turn closes the open step when a later one begins; steps in between stay blank.
func (t *trail) turn(step int64) {
	if step <= t.step {
		return
	}
	t.closed[t.step%trailSteps] = t.means()
	for s := max(t.step+1, step-trailSteps); s < step; s++ {
		t.closed[s%trailSteps] = blank()
	}
	t.step = step
	t.sums, t.counts = [vitalsKept]float32{}, [vitalsKept]uint16{}
}

// means are those of the open step.
func (t *trail) means() [vitalsKept]int16 {
	means := blank()
	for i, kind := range vitals() {
		if t.counts[i] > 0 {
			scaled := float64(t.sums[i]) / float64(t.counts[i]) * kind.scale
			means[i] = int16(math.Round(min(max(scaled, math.MinInt16+1), math.MaxInt16)))
		}
	}
	return means
}

// Of are the figures of a box's last 24 hours, oldest first, the open step last;
// NaN where nothing was heard. It is nil for a box of which nothing was.
func (v *Vitals) Of(tenant, box string, now time.Time) [][]float64 {
	step := now.Unix() / int64(trailStep.Seconds())
	v.mu.Lock()
	defer v.mu.Unlock()
	one := v.trails[[2]string{tenant, box}]
	if one == nil {
		return nil
	}
	one.turn(step)
	all := make([][]float64, vitalsKept)
	for i, kind := range vitals() {
		for s := step - trailSteps; s <= step; s++ {
			kept := one.means()[i]
			if s < one.step {
				kept = one.closed[(s%trailSteps+trailSteps)%trailSteps][i]
			}
			figure := math.NaN()
			if kept != noFigure {
				figure = float64(kept) / kind.scale
			}
			all[i] = append(all[i], figure)
		}
	}
	return all
}
