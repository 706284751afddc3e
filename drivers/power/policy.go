package power

import "time"

// Code is why the policy decided as it did.
type Code string

// The codes.
const (
	Good      Code = "camera_good"            // there are pictures
	Waiting   Code = "camera_power_waiting"   // the camera hangs; it may come back by itself
	Forbidden Code = "camera_power_forbidden" // somebody asked for no power cycle
	Limited   Code = "camera_power_limited"   // as many cycles as an hour may have
	Cycle     Code = "camera_power_cycle"     // cycle the power now
)

// PolicyConfig bounds the power cycles. A zero value means the default named
// with it.
type PolicyConfig struct {
	// Waits is how long a camera must have hung before its first, second ... power
	// cycle, since it hangs or since the cycle before; the last one is repeated.
	// Default 1, 2, 5, 15, 60 min.
	Waits []time.Duration
	// PerHour is how many cycles any hour may have; default 4.
	PerHour int
	// Forgive is how long the pictures must have been good without a gap for the
	// waits to begin with the first again; default 1 h.
	Forgive time.Duration
}

// Policy decides when a camera that hangs is power-cycled. It is pure: it has no
// clock and switches nothing.
type Policy struct {
	cfg     PolicyConfig
	begun   bool
	last    time.Duration
	good    bool
	since   time.Duration   // when pictures became good or bad, or what else a wait began with
	tries   int             // cycles since the last forgiveness
	recent  []time.Duration // the cycles of the last hour
	refused bool            // somebody asked for no cycle at the last step
}

// NewPolicy returns a policy for a camera of which nothing is known.
func NewPolicy(cfg PolicyConfig) *Policy {
	if len(cfg.Waits) == 0 {
		cfg.Waits = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
	}
	if cfg.PerHour <= 0 {
		cfg.PerHour = 4
	}
	if cfg.Forgive <= 0 {
		cfg.Forgive = time.Hour
	}
	return &Policy{cfg: cfg}
}

// Facts is what the policy is told at every step.
type Facts struct {
	Good bool // pictures come
	// Forbid: somebody asked for no power cycle. After that a wait begins anew.
	Forbid bool
}

// Decision is what to do and why.
type Decision struct {
	Code Code
	// In is how long until the next cycle if nothing changes; 0 = now or unknown.
	In time.Duration
	// Spent: the waits have come to their last, so cycling has not helped.
	Spent bool
}

// Step decides. now must not fall; a step each second is often enough. A
// decision of Cycle counts as done: it is given once.
func (p *Policy) Step(now time.Duration, f Facts) Decision {
	now = max(now, p.last)
	p.last = now
	p.note(now, f)
	switch {
	case f.Good:
		return Decision{Code: Good}
	case f.Forbid:
		return Decision{Code: Forbidden}
	}
	wait := p.since + p.cfg.Waits[min(p.tries, len(p.cfg.Waits)-1)] - now
	code := Waiting
	if len(p.recent) >= p.cfg.PerHour {
		if full := p.recent[len(p.recent)-p.cfg.PerHour] + time.Hour - now; full > max(wait, 0) {
			wait, code = full, Limited
		}
	}
	if wait > 0 {
		return Decision{Code: code, In: wait, Spent: p.tries >= len(p.cfg.Waits)-1}
	}
	p.tries++
	p.since = now
	p.recent = append(p.recent, now)
	return Decision{Code: Cycle}
}

// note books what has changed since the last step.
func (p *Policy) note(now time.Duration, f Facts) {
	if !p.begun || f.Good != p.good || !f.Good && p.refused {
		p.begun, p.good, p.since = true, f.Good, now
	}
	p.refused = f.Forbid
	if p.good && now-p.since >= p.cfg.Forgive {
		p.tries = 0
	}
	for len(p.recent) > 0 && now-p.recent[0] >= time.Hour {
		p.recent = p.recent[1:]
	}
}
