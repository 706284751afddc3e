package score

import (
	"cmp"
	"slices"
	"time"
)

// sample is a unit by when its picture was captured. Of a unit that could not
// be decoded the capture is taken to be as long ago as that of the last one
// that could.
type sample struct {
	captured time.Duration
	bytes    int
}

// produced is what the encoder made, by capture time and as far as it arrived.
type produced []sample

func newProduced(samples []sample) produced {
	p := produced(slices.Clone(samples))
	slices.SortFunc(p, func(a, b sample) int { return cmp.Compare(a.captured, b.captured) })
	return p
}

// mean is the rate over (from, to] in kbit/s.
func (p produced) mean(from, to time.Duration) float64 {
	bytes := 0
	at, _ := slices.BinarySearchFunc(p, from+1, func(s sample, t time.Duration) int { return cmp.Compare(s.captured, t) })
	for ; at < len(p) && p[at].captured <= to; at++ {
		bytes += p[at].bytes
	}
	return kbps(bytes, to-from)
}

// rises measures each step up: from it to the end of the first second, moved
// on in tenths, over which the produced rate was 90 % of the new capacity or
// of the ceiling. The produced rate and not the delivered one: an old backlog
// that rushes through a wide line is no picture that got better.
func rises(steps []step, p produced, ceiling float64) []Rise {
	const enough, over = 0.9, time.Second
	var all []Rise
	for _, s := range steps {
		if s.to < s.from {
			continue
		}
		rise := Rise{At: s.at.Seconds(), FromKbps: s.from, ToKbps: s.to, Seconds: (s.until - s.at).Seconds()}
		for at := s.at; at <= s.until; at += GridStep {
			if p.mean(at-over, at) >= enough*min(s.to, ceiling) {
				rise.Seconds, rise.Reached = (at - s.at).Seconds(), true
				break
			}
		}
		all = append(all, rise)
	}
	return all
}

// falls measures each step down: the greatest delay of the frames that were
// captured or arrived in the ten seconds after it, or until the level ends.
// When nothing came at all it is that whole time.
func falls(steps []step, w window, frames []Frame) []Fall {
	const within = 10 * time.Second
	var all []Fall
	for _, s := range steps {
		if s.to > s.from {
			continue
		}
		until := min(s.at+within, s.until)
		peak, any := time.Duration(0), false
		for _, f := range frames {
			captured := w.capture(f.Number)
			if inside := func(t time.Duration) bool { return t >= s.at && t < until }; inside(captured) || inside(f.At) {
				peak, any = max(peak, f.At-captured), true
			}
		}
		if !any {
			peak = until - s.at
		}
		all = append(all, Fall{At: s.at.Seconds(), FromKbps: s.from, ToKbps: s.to, PeakDelayMs: inMs(peak)})
	}
	return all
}

// blackouts measures each outage: from its end to the first displayable frame
// that was captured after it or less than 200 ms before its end.
func blackouts(outages []stretch, w window, frames []Frame, recorded time.Duration) []Blackout {
	const fresh = 200 * time.Millisecond
	var all []Blackout
	for _, o := range outages {
		b := Blackout{At: o.from.Seconds(), Seconds: o.length().Seconds(), FreshAfter: max(0, recorded-o.to).Seconds()}
		for _, f := range frames {
			after := (f.Ready - o.to).Seconds()
			if w.capture(f.Number) > o.to-fresh && f.Ready >= o.to && (!b.Reached || after < b.FreshAfter) {
				b.FreshAfter, b.Reached = after, true
			}
		}
		all = append(all, b)
	}
	return all
}
