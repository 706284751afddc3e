package signin

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/coreos/go-oidc/v3/oidc"
)

// line carries one sign-in's calls to the provider, and remembers whether one of
// them failed for reasons that are not the person's.
type line struct{ failed atomic.Bool }

// patient is a context whose calls to the provider end in time.
func patient(ctx context.Context) context.Context { return new(line).context(ctx) }

// context makes calls to the provider go over the line, and end in time.
func (l *line) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, &http.Client{Timeout: providerPatience, Transport: l})
}

// RoundTrip is one call.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || response.StatusCode >= http.StatusInternalServerError {
		l.failed.Store(true)
	}
	return response, err
}

// broken tells whether a call failed.
func (l *line) broken() bool { return l.failed.Load() }
