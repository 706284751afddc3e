package score

import "time"

// none marks a point of a series without a value.
const none = -1

// seriesOf puts the run on a grid of GridStep from frame 0 to the window's end.
func seriesOf(r record, w window, line capacity, p produced, arrivals []arrival, frames []Frame) Series {
	points := int(w.to / GridStep)
	s := Series{
		CapacityKbps: make([]float64, points), ProducedKbps: make([]float64, points),
		DeliveredKbps: make([]float64, points), DelayMs: make([]float64, points),
	}
	for i := range points {
		from := time.Duration(i) * GridStep
		s.CapacityKbps[i] = line.mean(from, from+GridStep)
		s.DelayMs[i] = none
	}
	at := func(t time.Duration) (int, bool) { i := int(t / GridStep); return i, t >= 0 && i < points }
	for _, sample := range p {
		if i, ok := at(sample.captured); ok {
			s.ProducedKbps[i] += kbps(sample.bytes, GridStep)
		}
	}
	for _, a := range arrivals {
		if i, ok := at(a.at); ok {
			s.DeliveredKbps[i] += kbps(a.bytes, GridStep)
		}
	}
	for _, f := range frames {
		if i, ok := at(w.capture(f.Number)); ok {
			s.DelayMs[i] = max(s.DelayMs[i], inMs(f.At-w.capture(f.Number)))
		}
	}
	if len(r.box) > 0 {
		s.decisions(r, points)
	}
	return s
}

// decisions holds each decision until the next one.
func (s *Series) decisions(r record, points int) {
	s.TargetKbps, s.Reason = make([]float64, points), make([]string, points)
	next, target, reason := 0, float64(none), ""
	for i := range points {
		end := time.Unix(0, r.run.T0Ns).Add(time.Duration(i+1) * GridStep)
		for ; next < len(r.box) && r.box[next].Time.Before(end); next++ {
			target, reason = r.box[next].TargetKbps, r.box[next].Reason
		}
		s.TargetKbps[i], s.Reason[i] = target, reason
	}
}
