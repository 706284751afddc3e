package rate

import "time"

// widestSpan is for how long at least the widest window of an ingest is
// remembered: its host may make the window smaller for good.
const widestSpan = 30 * time.Second

// ingest follows how much the ingest's host holds that the ingest itself has not
// read: by so much its window is smaller than at its widest. Windows shrink for
// other reasons too, so it is only believed of an ingest that once let its window
// close.
type ingest struct {
	slow   bool          // its window was closed once
	widest [2]int        // bytes, in this span of time and in the one before
	turned time.Duration // when this span began
}

// take returns by how many bytes the window is smaller than at its widest.
func (x *ingest) take(o Observation, fresh bool, closed float64) float64 {
	if fresh {
		*x = ingest{turned: o.Now}
	}
	if closed >= starvedShare {
		x.slow = true
	}
	if o.Now-x.turned >= widestSpan {
		x.widest = [2]int{0, x.widest[0]}
		x.turned = o.Now
	}
	x.widest[0] = max(x.widest[0], o.PeerWindow)
	return float64(max(x.widest[0], x.widest[1]) - o.PeerWindow)
}

// leftUnread reads how long the ingest needs for what its host holds, at the
// rate at which it reads.
func (x *senses) leftUnread(s *signals) {
	w := &x.window
	then, now := w.before(deliveredSpan), w.back(0)
	ms := float64(now.at-then.at) / float64(time.Millisecond)
	if ms <= 0 || !x.ingest.slow || now.unread == 0 {
		return
	}
	s.reads = max(0, s.delivered-(now.unread-then.unread)*8/ms)
	s.unread = drainTime(w.leastUnread(standingSpan), max(s.reads, 1))
}
