package rate

// Reason is the code of what caused a decision. It is shown on the page, sent
// over MQTT and kept in the show's report.
type Reason string

// The reasons, in the order in which the rules are tried.
const (
	// Outage: no session, or nothing acknowledged while data waits.
	Outage Reason = "outage"
	// Stall: nothing is acknowledged for a moment while data waits.
	Stall Reason = "stall"
	// ReceiverLimited: the ingest reads slowly; the line is not to blame.
	ReceiverLimited Reason = "receiver_limited"
	// StandingQueue: the backlog stood for longer than a key frame's burst.
	StandingQueue Reason = "standing_queue"
	// Capacity: the line carries less than is sent, seen before the queue stood.
	Capacity Reason = "capacity"
	// Hold: too soon after a cut to learn anything new.
	Hold Reason = "hold"
	// Loss: packets are lost together with a standing queue.
	Loss Reason = "loss"
	// AppLimited: the encoder makes less than the target; a higher target
	// would be a guess.
	AppLimited Reason = "app_limited"
	// Climb: free line, fast climb towards the last known capacity.
	Climb Reason = "climb"
	// Probe: gentle climb past the last known capacity.
	Probe Reason = "probe"
	// Start: the first seconds of a connection.
	Start Reason = "start"
	// NoKernelStats: climbing on the queue's word alone.
	NoKernelStats Reason = "no_kernel_stats"
)

// Decision is the answer to one Observation.
type Decision struct {
	// Kbps is the media rate (video and audio as they go on the wire) to
	// send from now on.
	Kbps int
	// Reason is why it is not higher, or why it rises.
	Reason Reason
	// PacingKbps is how fast a burst may leave the box. It lies above what
	// the line is known to carry: slower, a backlog would drain at the pace of
	// the target instead of the line's, and tell us nothing of the line.
	PacingKbps int
	// Flush asks to drop queued video up to the next key unit: what waits
	// is too old to be worth the line's time.
	Flush bool
	// ForceKey asks the encoder for a key frame.
	ForceKey bool
	// Skip asks to leave pictures out before they are encoded, until the
	// backlog has drained: references stay whole, and nothing is sent late.
	Skip bool
	// Crowded tells that somebody else keeps the line's queue full: who is
	// considerate there gets nothing.
	Crowded bool
	// CapacityKbps is the last capacity that the line proved, 0 = unknown.
	CapacityKbps int
}
