package light

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

// swings returns how many times a curve goes up or down by threshold or more
// between a peak and the valley beside it.
func swings(curve []float64, threshold float64) int {
	n, direction := 0, 0
	low, high := curve[0], curve[0]
	for _, y := range curve {
		low, high = min(low, y), max(high, y)
		switch {
		case direction <= 0 && y-low >= threshold:
			n, direction, high, low = n+1, 1, y, y
		case direction >= 0 && high-y >= threshold:
			n, direction, high, low = n+1, -1, y, y
		case direction > 0:
			low = high // a new valley begins at the peak
		case direction < 0:
			high = low
		}
	}
	return n
}

// flashes returns the most flashes in any second, a flash being two opposing
// swings; the curve has a value every 10 ms. relative counts swings of 10 % of
// the brightest moment of the second instead of 10 % of full.
func flashes(curve []float64, relative bool) int {
	most := 0
	for from := 0; from+100 <= len(curve); from += 5 {
		second := curve[from : from+100]
		threshold := 0.1
		if relative {
			top := 0.0
			for _, y := range second {
				top = max(top, y)
			}
			threshold = 0.1 * max(top, 1e-3)
		}
		most = max(most, swings(second, threshold-1e-9)/2)
	}
	return most
}

func TestTheJudgeCountsFlashes(t *testing.T) {
	for _, c := range []struct{ hertz, size, want float64 }{
		{1, 1, 1}, {3, 1, 3}, {5, 1, 5}, {5, 0.09, 0}, {5, 0.11, 5},
	} {
		curve := make([]float64, 300)
		for i := range curve {
			curve[i] = c.size * (0.5 + 0.5*math.Sin(2*math.Pi*c.hertz*float64(i)/100))
		}
		if got := flashes(curve, false); math.Abs(float64(got)-c.want) > 1 || (c.want == 0 && got != 0) || (c.want == 5 && got < 4) {
			t.Errorf("%g Hz of %g: %d flashes", c.hertz, c.size, got)
		}
	}
}

// commands are ways to ask for a luminance, from fair to hostile: each gets
// what the lamp shows and returns what it is to show.
func commands(rng *rand.Rand) map[string]func(shown float64) float64 {
	want, left, base := 0.0, 0, 0.0
	bounce := func(size float64) func(float64) float64 {
		up := true
		return func(shown float64) float64 {
			if up && shown >= base+size {
				up = false
			} else if !up && shown <= base {
				up = true
			}
			if up {
				return 1
			}
			return 0
		}
	}
	return map[string]func(float64) float64{
		"random": func(float64) float64 {
			if left--; left < 0 {
				want, left = rng.Float64(), rng.IntN(60)
			}
			return want
		},
		"strobe":       func(float64) float64 { want = 1 - want; return want },
		"every 10 %":   bounce(0.1),
		"every 10.5 %": bounce(0.105),
		"every 13 %":   bounce(0.13),
		"dim":          bounce(0.02),
	}
}

func TestNoCommandsMakeMoreThanThreeFlashesASecond(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 5))
		for name, ask := range commands(rng) {
			limiter := NewLimiter(0)
			var curve []float64
			for now := time.Duration(0); now < 20*time.Second; now += 10 * ms {
				curve = append(curve, limiter.Step(now, ask(limiter.Luminance())))
			}
			if n := flashes(curve, false); n > 3 {
				t.Fatalf("%s, seed %d: %d flashes of full scale", name, seed, n)
			}
			if n := flashes(curve, true); n > 3 {
				t.Fatalf("%s, seed %d: %d flashes of a dim lamp", name, seed, n)
			}
		}
	}
}

func TestLampsTogetherMakeNoMoreThanThreeFlashesASecond(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 6))
		lamps := make([]Limiter, 2+rng.IntN(4))
		weights := make([]float64, len(lamps))
		want := make([]float64, len(lamps))
		total := 0.0
		for i := range weights {
			weights[i] = rng.Float64()
			total += weights[i]
		}
		// The lamps are moved in turns, up and down, to make the sum flicker.
		turn := 1 + rng.IntN(20)
		var curve []float64
		for i := range 2000 {
			if i%turn == 0 {
				want[rng.IntN(len(want))] = float64(rng.IntN(2))
			}
			sum := 0.0
			for k := range lamps {
				sum += weights[k] / total * lamps[k].Step(time.Duration(i)*10*ms, want[k])
			}
			curve = append(curve, sum)
		}
		if n := flashes(curve, false); n > 3 {
			t.Fatalf("seed %d: %d lamps flash %d times", seed, len(lamps), n)
		}
	}
}

// Seven changes of 10 % need a travel of 0.7: what stays below cannot make a
// fourth flash, alone or summed with others under any weights.
func TestNoLampTravelsFarEnoughForAFourthFlash(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 7))
		for name, ask := range commands(rng) {
			limiter := NewLimiter(0)
			travel := make(map[int]float64) // in each tick of 10 ms
			for tick := 0; tick < 3000; tick++ {
				if rng.IntN(50) == 0 {
					tick += rng.IntN(300) // nobody asked for a while
				}
				before := limiter.Luminance()
				travel[tick] = math.Abs(limiter.Step(time.Duration(tick)*10*ms, ask(before)) - before)
				second := 0.0
				for back := range 100 {
					second += travel[tick-back]
				}
				if second >= 0.7 {
					t.Fatalf("%s, seed %d: a travel of %g within a second", name, seed, second)
				}
			}
		}
	}
}

func TestFromDarkToFullTakesASecondAndTwoThirds(t *testing.T) {
	limiter := NewLimiter(0)
	took := time.Duration(0)
	for limiter.Step(took, 1) < 1 {
		took += 10 * ms
	}
	if took < 1660*ms || took > 1680*ms {
		t.Errorf("took %v", took)
	}
	if before, after := limiter.Luminance(), limiter.Step(took+time.Hour, 0); before-after > 0.031 {
		t.Errorf("after a rest it jumped from %g to %g", before, after)
	}
}

func TestALimiterReachesWhatItIsAskedFor(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	limiter := NewLimiter(0.3)
	now := time.Duration(0)
	for range 100 {
		want := rng.Float64()
		for end := now + 2*time.Second + MinRun; now < end; now += 10 * ms {
			limiter.Step(now, want)
		}
		if limiter.Luminance() != want {
			t.Fatalf("stays at %g instead of %g", limiter.Luminance(), want)
		}
	}
}
