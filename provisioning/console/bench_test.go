package console

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
)

// pageLimit is the longest that the page of what needs attention may take.
const pageLimit = 200 * time.Millisecond

// BenchmarkThePageOfAttention is the whole page as a browser asks for it, each
// time with the picture worked out anew, and the same within one second, as
// others who look get it; and the message to an open page.
func BenchmarkThePageOfAttention(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		now := time.Now()
		clock := now
		tc := newConsole(b, func() time.Time { return clock })
		runtime.GC()
		tc.believable(n, now)
		tc.past(now)
		for _, step := range []struct {
			name string
			step time.Duration
		}{{"anew", 2 * time.Second}, {"shared", 0}} {
			b.Run(fmt.Sprintf("%d/%s", n, step.name), func(b *testing.B) {
				var size int
				var spans []time.Duration
				before := worked()
				for b.Loop() {
					clock = clock.Add(step.step)
					begun := time.Now()
					size = tc.ask(anna, "/", nil).Body.Len()
					spans = append(spans, time.Since(begun))
				}
				each := (worked() - before) / time.Duration(len(spans))
				slices.Sort(spans)
				b.ReportMetric(float64(size), "bytes/page")
				b.ReportMetric(float64(each.Microseconds())/1000, "cpu-ms/page")
				b.ReportMetric(float64(spans[len(spans)/2].Microseconds())/1000, "ms-p50")
				b.ReportMetric(float64(spans[len(spans)*99/100].Microseconds())/1000, "ms-p99")
				if each > pageLimit {
					b.Errorf("a page costs %v of processor time, the limit is %v", each, pageLimit)
				}
			})
		}
		for _, path := range []string{"/boxes?q=pearl", "/boxes?status=live&sort=seen", "/box/bank-a/SB-100000"} {
			b.Run(fmt.Sprintf("%d%s", n, path), func(b *testing.B) {
				for b.Loop() {
					clock = clock.Add(2 * time.Second)
					tc.ask(anna, path, nil)
				}
			})
		}
	}
}

// worked is the processor time that this program has used: unlike time on the
// clock it does not depend on what else the machine does.
func worked() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// However many boxes there are, the page shows 50 rows and no more. The time is
// told, not judged: the machine may have other work. The benchmark judges it.
func TestThePageOfAttentionIsSmallWithAHundredThousandBoxes(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 boxes take their time: left out with -short")
	}
	now := time.Now()
	tc := newConsole(t, func() time.Time { return now })
	tc.believable(100_000, now)
	now = now.Add(2 * time.Second)
	begun := time.Now()
	w := tc.ask(anna, "/", nil)
	span := time.Since(begun)
	rows := len(tc.roster.Attention(roster.Scope{All: true}, now).Rows)
	t.Logf("100,000 boxes, %d rows: %v, %d bytes", rows, span, w.Body.Len())
	if rows != 50 || w.Body.Len() > 200_000 {
		t.Errorf("%d rows in %d bytes", rows, w.Body.Len())
	}
}
