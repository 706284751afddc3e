package signin

import (
	"errors"
	"net/http"
)

// What a sign-in leans on and what nobody who signs in can help.
var (
	errStore    = errors.New("the store of sign-ins")
	errProvider = errors.New("the sign-in provider")
)

// refuse tells somebody why there is no way in. Only what a person could have
// tried on purpose counts against the address: an office has one address for all.
func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, err error, what tell) {
	status, from, counts := http.StatusForbidden, g.address(r), false
	switch {
	case errors.Is(err, errStore):
		status, what = http.StatusServiceUnavailable, tellStore
	case errors.Is(err, errProvider):
		status, what = http.StatusBadGateway, tellProvider
	case errors.Is(err, errNoGrant):
		what = tellNoGrant
	default:
		counts = true
	}
	if counts {
		g.failures.spend(from)
	}
	g.log.Warn("a sign-in was refused", "from", from, "counts", counts, "err", err)
	g.show(w, r, status, what)
}
