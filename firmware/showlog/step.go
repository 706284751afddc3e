package showlog

import "time"

// Step is one turn of the rate loop as the record wants to know it. Gauges are
// of this moment, counters may begin anew with a connection.
type Step struct {
	At time.Time
	Up time.Duration // monotonic, since the start of the program

	Connected bool
	// LastAck is when the ingest last acknowledged media, zero = never.
	LastAck time.Time
	// QueueAge is the age of the oldest unit that was not yet handed to the line.
	QueueAge time.Duration
	// Acked is how many bytes the ingest has acknowledged on this connection.
	Acked uint64
	// SentVideo counts the pictures that were sent.
	SentVideo uint64
	RTT       time.Duration
	Loss      float64

	TargetKbps, CapacityKbps, AckedKbps int
	SourceKbps, OutKbps                 int
	Mode                                string
	Width, Height                       int

	Reason           string
	Flush, Key, Skip bool
}

// onAir is the one meaning of on air: acknowledged media within [Air].
func (s Step) onAir() bool {
	return s.Connected && !s.LastAck.IsZero() && s.At.Sub(s.LastAck) <= Air
}

// lost tells whether a viewer who is [Budget] behind the camera sees nothing new
// at this moment, as far as it can be seen from the box: the ingest has
// acknowledged no media for longer than the budget, or what is sent next is older
// than the budget. What happens beyond the ingest is not in it, nor is the
// time on the way.
func (s Step) lost() bool {
	return !s.LastAck.After(s.At.Add(-Budget)) || s.QueueAge > Budget
}

// entry is the step without what is counted from step to step.
func (s Step) entry() Entry {
	if !(s.Loss >= 0 && s.Loss <= 1) {
		s.Loss = 0 // not a number, or none
	}
	return Entry{
		At: s.At.Round(0).Truncate(time.Millisecond), UpMs: s.Up.Milliseconds(),
		TargetKbps: s.TargetKbps, CapacityKbps: s.CapacityKbps, AckedKbps: s.AckedKbps,
		QueueMs: int(s.QueueAge.Milliseconds()), RTTMs: int(s.RTT.Milliseconds()), Loss: s.Loss,
		SourceKbps: s.SourceKbps, OutKbps: s.OutKbps, Mode: s.Mode, Width: s.Width, Height: s.Height,
		Reason: s.Reason, Connected: s.Connected, OnAir: s.onAir(),
	}
}
