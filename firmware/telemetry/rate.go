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
// means a minute. Until burst it is 15 s. It takes effect at once; what the broker
// was promised follows within two minutes, see Reporter.promise.
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
// the latest, at the pace off air: a burst is denser, and so keeps it too. Half as
// long again after it, the broker publishes the will. MQTT 3.1.1 lets a client say
// it once a connection.
func (r *Reporter) promise() time.Duration {
	if set := r.rate.Load(); set != nil && set.idle > r.pace.idle {
		return r.pace.longPromise
	}
	return r.pace.promise
}
