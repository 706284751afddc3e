package flicker

import (
	"math"
	"math/rand/v2"
	"testing"
)

// film is light and a camera in whole ticks of time, so that sums over ticks
// are exact integrals of light that changes at ticks only.
type film struct {
	period   int // of the light
	exposure int
	readout  int
	frame    int // from one frame to the next
	light    func(tick int) float64
}

// rows returns the exposure of the row that starts at each tick of one period,
// summed tick by tick.
func (f film) rows() []float64 {
	out := make([]float64, f.period)
	for start := range out {
		for tick := start; tick < start+f.exposure; tick++ {
			out[start] += f.light(tick % f.period)
		}
	}
	return out
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// shoot films frame after frame, row after row, and returns the greatest
// difference within one frame and that of one row through all frames.
func (f film) shoot() ripple {
	rows := f.rows()
	var r ripple
	first, last := math.Inf(1), math.Inf(-1)
	for start, n := 0, 0; n < f.period; start, n = start+f.frame, n+1 {
		first, last = min(first, rows[start%f.period]), max(last, rows[start%f.period])
		low, high := math.Inf(1), math.Inf(-1)
		for row := start; row <= start+f.readout; row++ {
			low, high = min(low, rows[row%f.period]), max(high, rows[row%f.period])
		}
		r.banding = max(r.banding, high-low)
	}
	r.beat = last - first
	m := mean(rows)
	return ripple{banding: r.banding / m, beat: r.beat / m}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// random returns a film whose frames meet the light at every phase in turn.
func random(rng *rand.Rand) film {
	f := film{
		period:   20 + rng.IntN(120),
		exposure: 1 + rng.IntN(1200),
	}
	f.readout = rng.IntN(3 * f.period)
	for f.frame = f.exposure + f.readout + 1; gcd(f.frame, f.period) != 1; f.frame++ {
	}
	return f
}

func TestPWMRippleEqualsWhatARollingShutterGathers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	for range 800 {
		f := random(rng)
		on := 1 + rng.IntN(f.period-1)
		f.light = func(tick int) float64 {
			if tick < on {
				return 1
			}
			return 0
		}
		want := f.shoot()
		got := pwmRipple(1/float64(f.period), float64(on)/float64(f.period), float64(f.exposure), float64(f.readout), 0)
		if math.Abs(got.banding-want.banding) > 1e-9 || math.Abs(got.beat-want.beat) > 1e-9 {
			t.Fatalf("period %d, on %d, exposure %d, readout %d: %+v, filmed %+v", f.period, on, f.exposure, f.readout, got, want)
		}
	}
}

func TestMainsRippleEqualsWhatARollingShutterGathers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	for range 150 {
		f := random(rng)
		f.period *= 8
		f.exposure = max(f.exposure, 40)
		for gcd(f.frame, f.period) != 1 {
			f.frame++
		}
		depth := rng.Float64()
		wave := make([]float64, f.period)
		for i := range wave {
			wave[i] = 1 + depth*math.Sin(2*math.Pi*float64(i)/float64(f.period))
		}
		f.light = func(tick int) float64 { return wave[tick] }
		want := f.shoot()
		got := mainsRipple(1/float64(f.period), depth, float64(f.exposure), float64(f.readout), 0)
		if math.Abs(got.banding-want.banding) > 2e-3 || math.Abs(got.beat-want.beat) > 2e-3 {
			t.Fatalf("%d %d %d: %+v, filmed %+v", f.period, f.exposure, f.readout, got, want)
		}
	}
}

func TestADimmerLampIsNeverBetter(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 3))
	for range 20000 {
		f, exposure, readout := 100+9000*rng.Float64(), 0.02*rng.Float64()+1e-4, 0.02*rng.Float64()
		low, high := rng.Float64(), rng.Float64()
		low, high = min(low, high), max(low, high)
		dim, bright := pwmRipple(f, low, exposure, readout, 0), pwmRipple(f, high, exposure, readout, 0)
		if bright.beat > dim.beat+1e-12 || bright.banding > dim.banding+1e-12 {
			t.Fatalf("%g Hz, %g s: duty %g is worse than %g", f, exposure, high, low)
		}
	}
}

func TestToleranceCoversEveryClockWithinIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 4))
	for range 3000 {
		f, d, exposure, readout := 100+5000*rng.Float64(), 0.01+0.98*rng.Float64(), 0.02*rng.Float64()+1e-3, 0.02*rng.Float64()
		tolerance := 0.02 * rng.Float64()
		pwm, mains := pwmRipple(f, d, exposure, readout, tolerance), mainsRipple(f, 0.5, exposure, readout, tolerance)
		for range 30 {
			real := f * (1 + tolerance*(2*rng.Float64()-1))
			p, m := pwmRipple(real, d, exposure, readout, 0), mainsRipple(real, 0.5, exposure, readout, 0)
			if p.beat > pwm.beat+1e-12 || p.banding > pwm.banding+1e-12 || m.beat > mains.beat+1e-12 || m.banding > mains.banding+1e-12 {
				t.Fatalf("%g Hz instead of %g, duty %g, %g s: %+v above %+v, or %+v above %+v", real, f, d, exposure, p, pwm, m, mains)
			}
		}
	}
}
