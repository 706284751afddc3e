package rate

import (
	"fmt"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	show := func(name string, s *sim, lasting time.Duration) {
		f := s.run(lasting).figures(2 * time.Second)
		fmt.Printf("%-36s use %3.0f%% of %4.0f shown %4.0f (%3.0f%%) freeze %4.1f  p50 %4d p95 %4d p99 %4d  chg/min %.1f\n", name, f.use*100, f.capped, f.shown, 100*f.shown/f.capped, f.freeze,
			f.p50.Milliseconds(), f.p95.Milliseconds(), f.p99.Milliseconds(), float64(f.changes)/lasting.Minutes())
	}
	for name, line := range traces(t) {
		s := newSim(1, uplinkLimits, line)
		s.queue = time.Second
		show(name, s, 140*time.Second)
	}
	for name, line := range map[string]func(time.Duration) float64{
		"steady 2000": steady(2000), "steady 4000": steady(4000), "steady 500": steady(500),
		"rfc 5.1":   stairs(100*time.Second, 0, 1000, 40, 2500, 60, 600, 80, 1000),
		"rfc x4":    stairs(100*time.Second, 0, 4000, 40, 10000, 60, 2400, 80, 4000),
		"steps":     stairs(100*time.Second, 0, 6000, 20, 1500, 40, 4000, 60, 800, 80, 5000),
		"blackout5": stairs(60*time.Second, 0, 4000, 20, 0, 25, 4000),
	} {
		show(name, newSim(1, uplinkLimits, line), 100*time.Second)
		c := newSim(1, uplinkLimits, line)
		c.cubic = true
		show(name+" cubic", c, 100*time.Second)
	}
}
