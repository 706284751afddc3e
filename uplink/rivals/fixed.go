package rivals

import "studiobox/uplink/rate"

// fixedKbps is what a careful person sets on an encoder that cannot adapt.
const fixedKbps = 2500

// Fixed is no rule at all: 2.5 Mbit/s whatever happens, over a queue that
// drops what is older than this project's default.
type Fixed struct{ bounds bounds }

// NewFixed keeps to 2.5 Mbit/s, or as near to it as the limits allow.
func NewFixed(limits rate.Limits) *Fixed { return &Fixed{newBounds(limits)} }

// Step answers the same every time.
func (f *Fixed) Step(rate.Observation) rate.Decision {
	return f.bounds.decide(fixedKbps, rate.Hold)
}
