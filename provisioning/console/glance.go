package console

import (
	"context"
	"sync"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
)

// How long a glance stays good. Everybody who looks at the same scope within a
// second sees the same; the past of the counts moves by the quarter of an hour.
const (
	glanceLife  = time.Second
	samplesLife = time.Minute
	samplesSpan = 24 * time.Hour
	// A database that is away holds a page up once in a while, not each time.
	samplesLimit = 3 * time.Second
	samplesRetry = 15 * time.Second
)

// glance is a scope at a moment.
type glance struct {
	counts    roster.Counts
	attention roster.Attention
	samples   []book.Spark
	facets    roster.Facets
}

// glances works out each scope once a second at most, however many look at it.
type glances struct {
	picture Picture
	finder  Finder
	trend   Trend

	mu     sync.Mutex
	scopes map[roster.Scope]*scopeGlance
}

type scopeGlance struct {
	mu        sync.Mutex
	at        time.Time
	samplesAt time.Time
	glance    glance
}

func newGlances(picture Picture, finder Finder, trend Trend) *glances {
	return &glances{picture: picture, finder: finder, trend: trend, scopes: map[roster.Scope]*scopeGlance{}}
}

// see is the scope as it is now, or was within the last second. A past that
// cannot be read is told as an error, with everything else still good.
func (g *glances) see(ctx context.Context, scope roster.Scope, now time.Time) (glance, error) {
	if scope.All {
		scope.Tenant = "" // it says nothing then
	}
	g.mu.Lock()
	one := g.scopes[scope]
	if one == nil {
		one = &scopeGlance{}
		g.scopes[scope] = one // as many as there are tenants
	}
	g.mu.Unlock()

	one.mu.Lock()
	defer one.mu.Unlock()
	if age := now.Sub(one.at); age >= glanceLife || age < 0 {
		one.glance.counts = g.picture.Counts(scope)
		one.glance.attention = g.picture.Attention(scope, now)
		one.at = now
	}
	if age := now.Sub(one.samplesAt); age < samplesLife && age >= 0 {
		return one.glance, nil
	}
	one.glance.facets = g.finder.Facets(scope)
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), samplesLimit) // others wait for it, too
	defer cancel()
	samples, err := g.trend.Sparks(limited, scope, now.Add(-samplesSpan))
	if err != nil {
		one.samplesAt = now.Add(samplesRetry - samplesLife)
		return one.glance, err
	}
	one.glance.samples, one.samplesAt = samples, now
	return one.glance, nil
}

// forget makes the next look a fresh one: somebody just changed something and
// wants to see it.
func (g *glances) forget(scope roster.Scope) {
	if scope.All {
		scope.Tenant = ""
	}
	g.mu.Lock()
	one := g.scopes[scope]
	g.mu.Unlock()
	if one == nil {
		return
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.at = time.Time{}
}
