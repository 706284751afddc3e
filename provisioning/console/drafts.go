package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// draft finds a draft for this very box that the visitor may see.
func (c *Console) draft(v *visit, b roster.Box, id string) (book.Draft, bool, error) {
	drafts, err := c.deps.Drafts.Drafts(v.Context(), v.scope, c.cfg.Now())
	i := slices.IndexFunc(drafts, func(d book.Draft) bool { return d.ID == id && d.Tenant == b.Tenant && d.Box == b.ID })
	if err != nil || i < 0 {
		return book.Draft{}, false, err
	}
	return drafts[i], true, nil
}

// keepDraft keeps what the first of two people signed.
func (c *Console) keepDraft(ctx context.Context, one book.Command) error {
	err := c.deps.Drafts.AddDraft(ctx, book.Draft{
		ID: one.ID, Tenant: one.Tenant, Box: one.Box, Op: one.Op, Body: one.Body, Sealed: one.Sealed, Who: one.Who, At: one.At, Ends: one.Ends,
	})
	if err != nil {
		return asRefusal(err)
	}
	c.log.Info("a command waits for its second signature", "by", one.Who, "box", one.Tenant+"/"+one.Box, "op", one.Op, "id", one.ID)
	return nil
}

// second joins the second signature to a draft.
func second(one book.Command, draft book.Draft) (book.Command, error) {
	if strings.EqualFold(draft.Who, one.Who) {
		return book.Command{}, refusedError{refusedSame}
	}
	joined, err := seal.Join(draft.Sealed, one.Sealed)
	if err != nil {
		return book.Command{}, refusedError{contract.RefusedBody} // not the body that the first one signed
	}
	one.Sealed, one.Signers = joined, []string{draft.Who, one.Who}
	return one, nil
}

// dropDraft ends a draft before anybody else signs it.
func (c *Console) dropDraft(w http.ResponseWriter, v *visit) {
	b, ok := c.box(v)
	if !ok {
		c.fail(w, v, http.StatusNotFound)
		return
	}
	draft, found, err := c.draft(v, b, v.PostFormValue("id"))
	if err == nil && found {
		err = c.deps.Drafts.DropDraft(v.Context(), v.scope, draft.ID, c.cfg.Now())
	}
	switch {
	case errors.Is(err, book.ErrNoDraft) || err == nil && !found:
		c.fail(w, v, http.StatusNotFound)
	case err != nil:
		c.log.Error("a draft could not be ended", "box", addressee(b), "error", err)
		c.fail(w, v, http.StatusInternalServerError)
	default:
		c.log.Info("a draft was discarded", "by", v.user.Subject, "box", addressee(b), "id", draft.ID)
		http.Redirect(w, v.Request, boxPath(b.Tenant, b.ID), http.StatusSeeOther)
	}
}
