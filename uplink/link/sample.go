// Package link reads what the line itself says about a connection: TCP_INFO
// and the socket's queues for TCP, receiver reports for RTP over UDP.
package link

import "time"

// Sample is the state of one connection at one moment. Counters are cumulative
// since the connection was made; a field that the kernel or the peer does not
// tell is zero.
type Sample struct {
	// Kernel is true when TCP_INFO gave every field that capacity is judged
	// by. Acked, Unsent and Unacked can be good without it.
	Kernel bool

	// Acked is how many payload bytes the peer has acknowledged.
	Acked uint64
	// Delivered is how many payload bytes the peer holds: acknowledged, and
	// selectively acknowledged behind a hole. Between two samples of TCP it
	// may fall by a fraction of what is under way, see delivered.
	Delivered uint64
	// Unsent is how many bytes the kernel holds that were never sent, and
	// Unacked how many were sent and not yet acknowledged.
	Unsent, Unacked int
	// Cwnd is how many bytes the congestion control allows under way, if all
	// segments were full.
	Cwnd int
	// PeerWindow is how many bytes more the peer's host would take, as it last
	// said (Linux 5.4).
	PeerWindow int
	// Heard is how long ago the peer last acknowledged anything, repeats and
	// answers to probes of its closed window included: a sign of life where
	// Acked stands still. Steps of some milliseconds.
	Heard time.Duration
	// RTT is smoothed, MinRTT the least seen.
	RTT, MinRTT time.Duration
	// Busy is how long anything was unsent or unacknowledged.
	Busy time.Duration
	// ReceiverLimited is how long the peer's window, not the line, held data
	// back; SenderLimited how long our own send buffer did.
	ReceiverLimited, SenderLimited time.Duration
	// Retrans is how many bytes were sent more than once.
	Retrans uint64
	// DeliveryRate is the kernel's estimate in bytes/s. It is an estimate of
	// the line only while the sender is not short of data.
	DeliveryRate uint64

	// Loss is the fraction of packets lost between the last two receiver
	// reports, 0 to 1; UDP only.
	Loss float64
	// Jitter is the interarrival jitter of RFC 3550; UDP only.
	Jitter time.Duration
}

// Outstanding is how many bytes the peer has not acknowledged yet.
func (s Sample) Outstanding() int { return s.Unsent + s.Unacked }
