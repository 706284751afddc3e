package console

import (
	"net/http"

	"studiobox/provisioning/console/roster"
)

// boxFrame is what of the box's page stays as it is.
type boxFrame struct {
	Address string // as commands name the box
	Href    string
}

// serveBox is one box's page.
func (c *Console) serveBox(w http.ResponseWriter, v *visit) {
	b, ok := c.box(v)
	if !ok {
		c.fail(w, v, http.StatusNotFound)
		return
	}
	p := c.page(v, business(b.Ref()), "boxes")
	p.Live = "/live" + boxPath(b.Tenant, b.ID)
	c.writeLive(w, v, "box", p, c.boxParts)
}

// box is the box that the address names, if it is the visitor's to see.
func (c *Console) box(v *visit) (roster.Box, bool) {
	return c.deps.Finder.Box(v.scope, v.PathValue("tenant"), v.PathValue("box"))
}

// boxParts is what of a box's page changes by itself, and the page's frame in
// p.Body. A past that cannot be read leaves its parts empty, and the log says so.
func (c *Console) boxParts(v *visit, p *page) ([]part, error) {
	b, ok := c.box(v)
	if !ok {
		return nil, errGone
	}
	p.Body = boxFrame{Address: addressee(b), Href: boxPath(b.Tenant, b.ID)}
	past, err := c.stories.read(v.Context(), v.scope, b.Tenant, b.ID, v.say.Now)
	if err != nil && v.Context().Err() == nil {
		c.log.Warn("a box's past cannot be read", "box", addressee(b), "error", err)
	}
	drafts, given, err := c.orders(v, b, past.events)
	if err != nil && v.Context().Err() == nil {
		c.log.Warn("a box's commands cannot be read", "box", addressee(b), "error", err)
	}
	return []part{
		{"boxtop", "boxhead", "boxhead", viewHead(v, b)},
		{"timelines", "timelines", "timelines", viewTimes(v.say, past.spans)},
		{"sparks", "sparks", "sparks", viewHealth(v.say, b, c.deps.Vitals.Of(b.Tenant, b.ID, v.say.Now))},
		{"events", "events", "events", viewEvents(v.say, past.events, past.gaps)},
		{"buttons", "buttons", "buttons", viewButtons(v, b)},
		{"drafts", "drafts", "drafts", drafts},
		{"shut", "shut", "shut", viewOut(v, b)},
		{"commands", "commands", "commands", given},
		{"settings", "settings", "settings", viewSettings(v.say, b)},
	}, nil
}
