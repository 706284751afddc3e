package turntable

import (
	"math"
	"time"
)

// Lateness is how late things came, in quantiles. P50 and P99 are right to a
// fifth of their value, upwards.
type Lateness struct {
	P50, P99, Max time.Duration
	Count         int64
}

const (
	perOctave = 4
	shortest  = time.Microsecond
)

// histogram counts durations in steps of a quarter of an octave, from 1 µs on.
type histogram struct {
	buckets [100]int64 // up to 33 s
	count   int64
	max     time.Duration
}

func (h *histogram) add(d time.Duration) {
	i := 0
	if d > shortest {
		i = int(math.Ceil(perOctave * math.Log2(float64(d)/float64(shortest))))
	}
	h.buckets[min(i, len(h.buckets)-1)]++
	h.count++
	h.max = max(h.max, d)
}

func (h *histogram) lateness() Lateness {
	return Lateness{P50: h.quantile(0.5), P99: h.quantile(0.99), Max: h.max, Count: h.count}
}

// quantile is the upper edge of the bucket that holds it.
func (h *histogram) quantile(q float64) time.Duration {
	rank := int64(math.Ceil(q * float64(h.count)))
	for i, n := range h.buckets {
		if rank -= n; rank <= 0 && h.count > 0 {
			edge := float64(shortest) * math.Exp2(float64(i)/perOctave)
			return min(time.Duration(edge), h.max)
		}
	}
	return h.max
}
