// Package rate decides how many kbit/s the box may send: a pure controller
// that turns what the line showed into a target with its reason.
package rate

import "time"

// Observation is what one tick saw of the line. Counters are cumulative and
// may start again from zero on a new connection. Values that make no sense
// (negative ages, counters that fall, a loss that is not a number) count as
// unknown, never as evidence.
type Observation struct {
	// Now is monotonic time since the controller's start.
	Now time.Duration
	// QueueAge is the age of the oldest unit that was not yet handed to the
	// line, 0 when nothing waits.
	QueueAge time.Duration
	// QueuedBytes is what waits in user space and, where known, unsent in
	// the kernel.
	QueuedBytes int
	// Acked is how many bytes the peer has acknowledged on this connection.
	Acked uint64
	// Busy is how long data was unsent or unacknowledged (tcpi_busy_time).
	Busy time.Duration
	// ReceiverLimited is how long the peer's closed window, and not the
	// line, held data back (tcpi_rwnd_limited).
	ReceiverLimited time.Duration
	// Delivered is how many bytes the peer holds: acknowledged and, behind a
	// hole, selectively acknowledged. 0 = unknown, Acked then stands for it.
	Delivered uint64
	// InFlight is how many bytes were sent and not acknowledged, Cwnd how many
	// the kernel's congestion control allows; 0 = unknown.
	InFlight, Cwnd int
	// PeerWindow is how many bytes more the ingest's host would take; 0 = none,
	// or unknown.
	PeerWindow int
	// RTT and MinRTT are smoothed and least round-trip times, 0 = unknown.
	RTT, MinRTT time.Duration
	// Loss is the fraction of packets lost (0 to 1) that RTCP reported; UDP only.
	Loss float64
	// Produced is how many bytes of media the encoder put into the queue.
	Produced uint64
	// Dropped is how many video units were left behind because they had grown
	// too old.
	Dropped uint64
	// Connected is false while there is no session with the ingest.
	Connected bool
	// Kernel is false where TCP_INFO is missing: Acked, Busy, RTT and
	// ReceiverLimited then mean nothing and the queue alone is judged.
	Kernel bool
}
