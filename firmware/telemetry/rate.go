package telemetry

import "time"

// rate is how often health is wished.
type rate struct {
	idle  time.Duration
	burst time.Time // until then as often as during a show
}

// The bounds of the interval that the fleet side may wish.
const (
	fastest = 15 * time.Second
	slowest = time.Hour
)

// SetPace sets the time between health messages off air, 15 s to an hour; zero
// means a minute. Until burst it is 15 s. It takes effect at once.
func (r *Reporter) SetPace(idle time.Duration, burst time.Time) {
	if idle <= 0 {
		idle = r.pace.idle
	}
	r.rate.Store(&rate{min(max(idle, fastest), slowest), burst})
}

// interval is the time between two health messages in a session state.
func (r *Reporter) interval(now time.Time, st string) time.Duration {
	set := rate{idle: r.pace.idle}
	if wished := r.rate.Load(); wished != nil {
		set = *wished
	}
	switch st {
	case "live", "degraded", "reconnecting":
		return min(set.idle, r.pace.live)
	}
	if now.Before(set.burst) {
		return min(set.idle, r.pace.live)
	}
	return set.idle
}

// promise is how soon after the last message the broker may hear the next one at
// the latest, at the present pace. Half as long again after it, the broker
// publishes the will.
func (r *Reporter) promise() time.Duration {
	if r.interval(time.Time{}, "") <= r.pace.idle {
		return r.pace.promise
	}
	return r.pace.longPromise
}
