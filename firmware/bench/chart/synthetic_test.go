package chart

import (
	"math"
	"math/rand/v2"

	"studiobox/firmware/bench/score"
)

// synthetic makes results that look like the real ones: a fluid model of a
// queue, with a rule that uses a share of the capacity after a lag.
func synthetic() []score.Result {
	var results []score.Result
	for i, l := range []struct {
		name  string
		kbps  func(second float64) float64
		loss  float64
		long  int
		black bool
	}{
		{"rfc8867-5.1", func(s float64) float64 { return pick(s/20, 1000, 1000, 2500, 600, 1000) }, 0, 100, false},
		{"steps", func(s float64) float64 { return pick(s/12, 6000, 1500, 4000, 800, 5000) }, 0, 60, false},
		{"climb-0.6-6", func(s float64) float64 { return pick(s/12, 600, 6000, 6000, 6000) }, 0, 40, false},
		{"blackout-5s", func(s float64) float64 {
			if s >= 30 && s < 35 {
				return 0
			}
			return 4000
		}, 0, 75, true},
		{"loss-0", func(float64) float64 { return 4000 }, 0, 45, false},
		{"loss-2", func(float64) float64 { return 4000 }, 2, 45, false},
		{"driving_lte.run2.x0.1", func(s float64) float64 { return 2800 + 1500*math.Sin(s/3) + 900*math.Sin(s*1.7) }, 0, 60, false},
	} {
		for j, rule := range []struct {
			name, transport  string
			share, lag, back float64
		}{{"fixed", "tcp", 0.6, 0, 3}, {"obs", "tcp", 0.95, 6, 6}, {"box", "tcp", 0.88, 0.4, 0.1}, {"gcc", "udp", 0.45, 0.5, 0.08}, {"belabox", "tcp", 0.55, 3, 2.1}, {"larix", "tcp", 0.7, 10, 1}} {
			random := rand.New(rand.NewPCG(uint64(i), uint64(j)))
			results = append(results, modelled(l.name, rule.name, rule.transport, l.kbps, l.loss, l.long, l.black, rule.share, rule.lag, rule.back, random))
		}
	}
	return results
}

func modelled(line, rule, transport string, capacity func(float64) float64, loss float64, long int, black bool, share, lag, back float64, random *rand.Rand) score.Result {
	r := score.Result{Run: score.Run{Line: line, Rule: rule, Transport: transport, Seed: 1, FPS: 30, Seconds: float64(long), CeilingKbps: 6000, LossPercent: loss}, To: float64(long), Frames: long * 30}
	rate, shown := 1000.0, 0.0
	for i := range long * 10 {
		s := float64(i) / 10
		now := max(0, capacity(s))
		rate += (share*now - rate) / (1 + 10*lag)
		delay := 55 + 1000*back*max(0, rate/max(now, 200)-share)*(0.5+random.Float64())
		got := min(rate, now) * (0.85 + 0.3*random.Float64())
		reason := "probe"
		switch {
		case now == 0:
			delay, reason = -1, "outage"
		case rate > now:
			reason = "standing_queue"
		case rate < share*now*0.95:
			reason = "climb"
		case i%170 < 20:
			reason = "app_limited"
		}
		r.Series.CapacityKbps = append(r.Series.CapacityKbps, now)
		r.Series.ProducedKbps = append(r.Series.ProducedKbps, rate)
		r.Series.DeliveredKbps = append(r.Series.DeliveredKbps, got)
		r.Series.DelayMs = append(r.Series.DelayMs, min(delay, 20000))
		r.Series.TargetKbps = append(r.Series.TargetKbps, rate)
		r.Series.Reason = append(r.Series.Reason, reason)
		r.CapacityKbps += min(now, 6000) / float64(long*10)
		shown += got / float64(long*10)
		if delay > 1000 || delay < 0 {
			if n := len(r.At1s.Freezes); n > 0 && r.At1s.Freezes[n-1].To >= s-0.05 {
				r.At1s.Freezes[n-1].To = s + 0.1
			} else {
				r.At1s.Freezes = append(r.At1s.Freezes, score.Span{From: s, To: s + 0.1})
			}
		}
	}
	for _, f := range r.At1s.Freezes {
		r.At1s.FreezePerMin += (f.To - f.From) * 60 / float64(long)
	}
	r.At1s.Kbps, r.At3s.Kbps, r.At3s.FreezePerMin = shown*(1-r.At1s.FreezePerMin/60), shown*0.99, r.At1s.FreezePerMin*0.6
	r.Utilisation = shown / r.CapacityKbps
	r.DelayP50Ms, r.DelayP95Ms, r.DelayP99Ms = ptr(55+30*back), ptr(90+800*back), ptr(120+2000*back)
	r.SSIMdB, r.CPU, r.LostShare = ptr(11+2*math.Log2(1+r.At1s.Kbps/500)), 0.11+0.02*random.Float64(), r.At1s.FreezePerMin/80
	r.Changes20, r.Changes10, r.LaterChanges20, r.LaterChanges10 = ptr(lag), ptr(2*lag), ptr(0), ptr(math.Floor(2*lag))
	if black {
		r.Blackouts = []score.Blackout{{At: 30, Seconds: 5, FreshAfter: 0.3 + back, Reached: true}}
	}
	if line == "climb-0.6-6" {
		r.Rises = []score.Rise{{At: 12, FromKbps: 600, ToKbps: 6000, Seconds: min(1+8*lag, 28), Reached: 1+8*lag < 28}}
	}
	if line == "steps" {
		r.Falls = []score.Fall{{At: 12, FromKbps: 6000, ToKbps: 1500, PeakDelayMs: 150 + 2000*back}}
	}
	return r
}

func pick(at float64, levels ...float64) float64 {
	return levels[min(int(at), len(levels)-1)]
}

func ptr(v float64) *float64 { return &v }
