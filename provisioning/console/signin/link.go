package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// linkValid is how long the link of the first start can be used.
const linkValid = time.Hour

// firstKey is the row that says that somebody has signed in before. It lives as
// long as the store.
const firstKey = "first"

// errNotFirst is for a link that comes too late.
var errNotFirst = errors.New("somebody has signed in before")

// forever outlives every store.
func (g *Gate) forever() time.Time { return g.now().AddDate(100, 0, 0) }

// Link makes an address that lets whoever opens it in once, within the hour, as
// a lead who sees all tenants. It is empty when somebody has signed in before,
// unless [Config.Recover]. Print it for those at the machine, and nowhere else.
func (g *Gate) Link(ctx context.Context) (string, error) {
	switch err := g.mayLink(ctx); {
	case errors.Is(err, errNotFirst):
		return "", nil
	case err != nil:
		return "", err
	}
	token := newToken()
	if _, err := g.store.Swap(ctx, keyOf("link", token), nil, []byte("{}"), g.now().Add(linkValid)); err != nil {
		return "", fmt.Errorf("keep the link: %w", err)
	}
	return g.config.Base + Path + "link?token=" + token, nil
}

// mayLink refuses a link once somebody has signed in.
func (g *Gate) mayLink(ctx context.Context) error {
	first, err := g.store.Get(ctx, firstKey)
	if err != nil {
		return fmt.Errorf("read who signed in before: %w", err)
	}
	if first != nil && !g.config.Recover {
		return errNotFirst
	}
	return nil
}

// linkPage shows a button, so that a program which merely looks at the address
// does not use it up.
func (g *Gate) linkPage(w http.ResponseWriter, r *http.Request) {
	g.page(w, r, http.StatusOK, sheet{Token: r.URL.Query().Get("token")}, tellLink)
}

// useLink signs the first person in.
func (g *Gate) useLink(w http.ResponseWriter, r *http.Request) {
	from := g.address(r)
	if !g.failures.has(from) {
		g.show(w, r, http.StatusTooManyRequests, tellMany)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	err := g.spend(r.Context(), r.PostFormValue("token"))
	if err == nil {
		err = g.enter(w, r, person{Subject: "admin", Name: "admin", Link: true}, "/")
	}
	if err != nil {
		g.refuse(w, r, err, tellSpent)
	}
}

// spend uses up a link; of two at the same time one succeeds.
func (g *Gate) spend(ctx context.Context, token string) error {
	key := keyOf("link", token)
	kept, err := g.store.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("%w: read the link: %w", errStore, err)
	}
	if kept == nil {
		return errors.New("there is no such link")
	}
	taken, err := g.store.Swap(ctx, key, kept, nil, time.Time{})
	if err != nil {
		return fmt.Errorf("%w: use up the link: %w", errStore, err)
	}
	if !taken {
		return errors.New("the link was used in the same moment")
	}
	fresh, err := g.store.Swap(ctx, firstKey, nil, []byte("{}"), g.forever())
	if err != nil {
		return fmt.Errorf("%w: remember the first sign-in: %w", errStore, err)
	}
	if !fresh && !g.config.Recover {
		return errNotFirst
	}
	return nil
}
