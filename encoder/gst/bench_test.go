package gst

import (
	"fmt"
	"testing"
	"time"

	"studiobox/encoder/unit"
)

// BenchmarkTranscode puts one unit after the other through a transcoder. It
// reports the time from Put to the sink and the worker's processor time, and
// what the box itself allocates: the unit, its bytes and nothing else.
func BenchmarkTranscode(b *testing.B) {
	for _, size := range [][3]int{{1280, 720, 0}, {1920, 1080, 0}, {1920, 1080, 720}} {
		b.Run(fmt.Sprintf("%dp-to-%d", size[1], size[2]), func(b *testing.B) {
			in := source{width: size[0], height: size[1], fps: 30, kbps: 6000, key: time.Second}.make(b, 30)
			units := make([]unit.Unit, b.N)
			for i := range units {
				units[i] = *in[i%len(in)]
				units[i].PTS = ptsOf(i, 30)
			}
			got := newCollector()
			tc := NewTranscoder(TranscoderConfig{
				Worker: testWorker(), Codec: unit.H264, Backend: X264, Settings: Settings{Kbps: 4000, Height: size[2]},
			}, got, testLog(b))
			start(b, tc)
			before := ticks(b, tc.Stats().PID)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range units {
				tc.Put(&units[i])
				got.next(b)
			}
			b.StopTimer()
			s := tc.Stats()
			b.ReportMetric(float64(s.LatencyP50)/1e6, "p50-ms")
			b.ReportMetric(float64(s.LatencyP95)/1e6, "p95-ms")
			b.ReportMetric(float64(ticks(b, s.PID)-before)*10/float64(b.N), "worker-cpu-ms/unit")
		})
	}
}
