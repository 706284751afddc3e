package e2e

import (
	"slices"
	"testing"
	"time"
)

// figures collects times and prints their percentiles.
type figures []time.Duration

// percentile is the nearest-rank percentile.
func (f figures) percentile(p float64) time.Duration {
	sorted := slices.Clone(f)
	slices.Sort(sorted)
	rank := int(p/100*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// report prints p50, p95 and the worst and fails when p95 is over the limit.
func (f figures) report(t *testing.T, what string, limit time.Duration) {
	t.Helper()
	p50, p95, worst := f.percentile(50), f.percentile(95), f.percentile(100)
	t.Logf("FIGURE %s: n=%d p50=%v p95=%v max=%v (must: p95 <= %v)", what, len(f),
		p50.Round(time.Millisecond), p95.Round(time.Millisecond), worst.Round(time.Millisecond), limit)
	if p95 > limit {
		t.Errorf("%s: p95 %v is over %v", what, p95, limit)
	}
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
