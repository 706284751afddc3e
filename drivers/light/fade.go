package light

import "time"

// point is what a lamp shows: lightness L* and reciprocal colour temperature
// in mired (1e6/kelvin), in which equal steps look about equal.
type point struct{ level, mired float64 }

// fade goes from one point to another, evenly in what the eye sees.
type fade struct {
	from, to point
	start    time.Duration
	lasts    time.Duration
}

// at returns where the fade stands, and whether it has ended.
func (f fade) at(now time.Duration) (point, bool) {
	if now >= f.start+f.lasts {
		return f.to, true
	}
	part := max(float64(now-f.start)/float64(f.lasts), 0)
	return point{
		level: f.from.level + part*(f.to.level-f.from.level),
		mired: f.from.mired + part*(f.to.mired-f.from.mired),
	}, false
}
