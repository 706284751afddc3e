package indicator

import "time"

// guard keeps a light below four flashes in any second though patterns follow
// each other quickly: each is slow enough, but each begins lit. It is pure.
type guard struct {
	shown  look
	onsets [3]time.Time // when the light last lit up or changed its colour; oldest first
}

// look is what all lights show together.
type look struct {
	air    bool
	colour Colour
}

func (l look) lit() bool { return l.air || l.colour != Dark }

// allow returns what may be shown of a wanted look now, and how long the rest of
// it must wait: a flash too many is dark until its time has come.
func (g *guard) allow(now time.Time, want look) (look, time.Duration) {
	if want == g.shown || !want.lit() {
		g.shown = want
		return want, 0
	}
	if wait := time.Second - now.Sub(g.onsets[0]); wait > 0 {
		g.shown = look{}
		return look{}, wait
	}
	g.onsets = [3]time.Time{g.onsets[1], g.onsets[2], now}
	g.shown = want
	return want, 0
}
