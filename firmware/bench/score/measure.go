package score

import "time"

// measure computes every metric that needs no pictures.
func measure(r record, e evidence) Result {
	first := MaxNumber
	if len(e.frames) > 0 {
		first = e.frames[0].Number
	}
	w := windowOf(r.run, first, r.recorded())
	frames := inOrder(e.frames)
	line := capacityOf(r.ticks, r.run.T0Ns, r.run.CeilingKbps)
	steps := line.steps(w)
	lost, of := lostFrames(w, frames)
	waited := delays(w, frames)
	result := Result{
		Run: r.run, From: w.from.Seconds(), To: w.to.Seconds(),
		CapacityKbps: line.usable(w.from, w.to, r.run.CeilingKbps),
		Frames:       len(frames), Unread: e.unread, Broken: e.broken,
		At1s: shown(w, frames, quickViewer), At3s: shown(w, frames, patientViewer),
		DelayP50Ms: percentile(waited, 50), DelayP95Ms: percentile(waited, 95), DelayP99Ms: percentile(waited, 99),
		LostFrames: lost,
		Rises:      rises(steps, e.samples, r.run.CeilingKbps),
		Falls:      falls(steps, w, frames),
		Blackouts:  blackouts(line.outages(w), w, frames, r.recorded()),
		CPU:        r.run.CPUSeconds / r.run.Seconds,
		Series:     seriesOf(r, w, line, e.samples, e.arrivals, frames),
	}
	if of > 0 {
		result.LostShare = float64(lost) / float64(of)
	}
	if result.CapacityKbps > 0 {
		result.Utilisation = kbps(arrived(e.arrivals, w.from, w.to), w.length()) / result.CapacityKbps
	}
	result.stability(w, e.samples)
	return result
}

func (r *Result) stability(w window, p produced) {
	later := max(w.from, settled)
	r.Changes20, r.Changes10 = changesPerMinute(p, w.from, w.to, 0.20), changesPerMinute(p, w.from, w.to, 0.10)
	r.LaterChanges20, r.LaterChanges10 = changesPerMinute(p, later, w.to, 0.20), changesPerMinute(p, later, w.to, 0.10)
}

// arrived is the number of bytes that came in [from, to).
func arrived(arrivals []arrival, from, to time.Duration) int {
	bytes := 0
	for _, a := range arrivals {
		if a.at >= from && a.at < to {
			bytes += a.bytes
		}
	}
	return bytes
}

// recorded is how long the line was watched, from frame 0 on.
func (r record) recorded() time.Duration {
	return time.Duration(r.ticks[len(r.ticks)-1].At - r.run.T0Ns)
}
