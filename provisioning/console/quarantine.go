package console

import (
	"net/http"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
)

// outView is the way to shut a box out, or to let it in again; nil for whoever
// may not, and for a box that is on no list.
type outView struct {
	Do, Name, Ask, Yes, Href string
	Danger                   bool
}

func viewOut(v *visit, b roster.Box) *outView {
	if !v.user.Role.May(signin.Lead) || !b.Listed {
		return nil
	}
	view := outView{Do: "out", Danger: true, Href: boxPath(b.Tenant, b.ID) + "/quarantine"}
	if b.Status == roster.Quarantined {
		view.Do, view.Danger = "in", false
	}
	key := "quarantine." + view.Do
	view.Name, view.Yes = v.say.Say(key), v.say.Say(key+".yes")
	view.Ask = v.say.Say(key+".ask", "box", b.ID, "business", business(b.Ref()))
	return &view
}

// quarantine shuts a box out of the picture, or lets it in again. The book notes
// who did it, and the picture follows the book within a second.
func (c *Console) quarantine(w http.ResponseWriter, v *visit) {
	b, ok := c.box(v)
	if !ok {
		c.fail(w, v, http.StatusNotFound)
		return
	}
	do := v.PostFormValue("do")
	if do != "out" && do != "in" {
		c.fail(w, v, http.StatusBadRequest)
		return
	}
	found, err := c.deps.Warden.Quarantine(v.Context(), v.scope, b.Tenant, b.ID, v.user.Subject, do == "out")
	switch {
	case err != nil:
		c.log.Error("a box could not be shut out or let in", "by", v.user.Subject, "box", addressee(b), "error", err)
		c.fail(w, v, http.StatusInternalServerError)
	case !found: // it speaks, and the bank's list does not have it
		c.fail(w, v, http.StatusNotFound)
	default:
		c.log.Info("a box was shut out or let in", "by", v.user.Subject, "box", addressee(b), "do", do)
		c.glances.forget(v.scope)
		http.Redirect(w, v.Request, boxPath(b.Tenant, b.ID), http.StatusSeeOther)
	}
}

// buttonsView is the commands that a visitor may give now, or why there are none.
type buttonsView struct {
	Classes []orderClass
	None    string
}

func viewButtons(v *visit, b roster.Box) buttonsView {
	view := buttonsView{Classes: orderClasses(v, b)}
	switch {
	case b.Status == roster.Quarantined:
		view.None = refusal(v.say, refusedQuarantine)
	case len(view.Classes) == 0:
		view.None = v.say.Say("orders.none")
	}
	return view
}
