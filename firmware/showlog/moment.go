package showlog

import (
	"cmp"
	"slices"
	"time"
)

const (
	mostMoments = 5
	// together is how close two bad entries are one moment.
	together = 5 * time.Second
)

// Moment is a time in which the show suffered, with the values that caused it
// and what was done about it.
type Moment struct {
	// At is when Reason began to strike; the moment itself may have begun before.
	At     time.Time
	Length time.Duration
	Lost   time.Duration
	// Reason is that of the entry which lost most, or else cut most.
	Reason string
	// FromKbps was the target before, ToKbps the lowest in it.
	FromKbps, ToKbps int
	// The worst values in it; CapacityKbps is the least that is known, 0 = none.
	QueueMs, RTTMs, CapacityKbps int
	Loss                         float64
	Flush, Key, Skip             bool

	weight float64 // of the entry that gave the reason
	end    int64   // UpMs of its last bad entry
	begin  int64
}

// worst are the moments that cost the viewer most, at most five: by what was
// lost, then by how far the rate fell.
func worst(entries []Entry) []Moment {
	var moments []Moment
	for i, e := range entries {
		if i == 0 || e.LostMs == 0 && !e.cut() && !e.Flush {
			continue
		}
		before := entries[i-1]
		passed := e.UpMs - before.UpMs
		if passed > hole.Milliseconds() {
			continue // what it counts cannot be told apart from the hole
		}
		last := len(moments) - 1
		if last < 0 || before.UpMs-moments[last].end > together.Milliseconds() {
			moments = append(moments, Moment{
				At: before.At, begin: before.UpMs, FromKbps: before.TargetKbps, ToKbps: before.TargetKbps, Reason: e.Reason,
			})
			last++
		}
		moments[last].take(e, before.At, time.Duration(passed)*time.Millisecond)
	}
	for i := range moments {
		moments[i].Length = time.Duration(moments[i].end-moments[i].begin) * time.Millisecond
	}
	slices.SortStableFunc(moments, func(a, b Moment) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(a.share(), b.share()))
	})
	return moments[:min(len(moments), mostMoments)]
}

// take adds one bad entry that began at from and lasted for passed.
func (m *Moment) take(e Entry, from time.Time, passed time.Duration) {
	lost := min(passed, time.Duration(e.LostMs)*time.Millisecond)
	weight := lost.Seconds()
	if e.cut() {
		weight = max(weight, 0.5*(1-float64(e.TargetKbps)/float64(e.FromKbps)))
	}
	if weight > m.weight {
		if e.Reason != m.Reason {
			m.At = from
		}
		m.weight, m.Reason = weight, e.Reason
	}
	m.end = e.UpMs
	m.Lost += lost
	m.ToKbps = min(m.ToKbps, e.TargetKbps)
	m.QueueMs, m.RTTMs, m.Loss = max(m.QueueMs, e.QueueMs), max(m.RTTMs, e.RTTMs), max(m.Loss, e.Loss)
	if e.CapacityKbps > 0 && (m.CapacityKbps == 0 || e.CapacityKbps < m.CapacityKbps) {
		m.CapacityKbps = e.CapacityKbps
	}
	m.Flush, m.Key, m.Skip = m.Flush || e.Flush, m.Key || e.Key, m.Skip || e.Skip
}

// share is what was left of the rate, 0 to 1.
func (m Moment) share() float64 {
	if m.FromKbps <= 0 {
		return 1
	}
	return float64(m.ToKbps) / float64(m.FromKbps)
}
