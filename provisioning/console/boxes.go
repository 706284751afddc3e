package console

import (
	"net/http"
	"slices"
	"time"

	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
)

// boxesAPage is how many boxes a page of the list shows.
const boxesAPage = 50

// boxView is one line of the list.
type boxView struct {
	ID, Tone, Letter, Status, Business, Place, Box, Tenant, Network, Version, Href string
	Causes                                                                         []string
	Since, Seen                                                                    time.Time
}

// listView is the list's frame.
type listView struct {
	Chips            []chipView
	CSV, First, Next string
	Empty            bool
}

// chipView is one condition of the filter, and the address without it.
type chipView struct{ Name, Href string }

// serveBoxes is the list of the boxes that the address asks for.
func (c *Console) serveBoxes(w http.ResponseWriter, v *visit) {
	query := v.URL.Query()
	p := c.page(v, v.say.Say("boxes.title"), "boxes")
	p.Filter = readFilter(query)
	p.Query = p.Filter.Text
	p.Live = "/live/boxes?" + query.Encode()
	c.writeLive(w, v, "boxes", p, c.boxesParts)
}

// boxesParts is what of the list changes by itself, and the list's frame in
// p.Body.
func (c *Console) boxesParts(v *visit, p *page) ([]part, error) {
	now, err := c.glances.see(v.Context(), v.scope, v.say.Now)
	if err != nil {
		c.log.Warn("the past of the counts cannot be read", "error", err)
	}
	cursor := v.URL.Query().Get("after")
	found := c.deps.Finder.Search(v.scope, p.Filter, cursor, boxesAPage)
	p.Choices = c.choices(v, now.facets, p.Filter)
	list := listView{Chips: chips(v.say, p.Filter), CSV: csvPath(p.Filter), Empty: len(found.Boxes) == 0}
	if cursor != "" {
		list.First = filterPath(p.Filter)
	}
	if found.Next != "" {
		next := filterQuery(p.Filter)
		next.Set("after", found.Next)
		list.Next = "/boxes?" + next.Encode()
	}
	p.Body = list
	parts := countParts(v.say, now, p.Filter)
	parts = append(parts, part{"sum", "total", "total", v.say.Say("list.total", "n", v.say.Number(found.Total))})
	for _, b := range found.Boxes {
		view := viewBox(v, b)
		parts = append(parts, part{"list", view.ID, "boxrow", view})
	}
	return parts, nil
}

func viewBox(v *visit, b roster.Box) boxView {
	view := boxView{
		ID: "b-" + b.Tenant + "-" + b.ID, Tone: toneOfStatus(b.Status), Letter: v.say.Say("letter." + string(b.Status)),
		Status: v.say.Say("status." + string(b.Status)), Business: business(b.Ref()), Place: b.Place, Box: b.ID,
		Network: b.Network, Version: b.Version, Href: boxPath(b.Tenant, b.ID), Since: b.Since, Seen: b.Seen,
	}
	if v.scope.All {
		view.Tenant = b.Tenant
	}
	for _, cause := range b.Causes {
		view.Causes = append(view.Causes, tell(cause, v.say).Title)
	}
	return view
}

// chips are the conditions of a filter, each with the address that drops it.
func chips(say words.Speaker, f roster.Filter) []chipView {
	var all []chipView
	add := func(name, value string, without func(*roster.Filter)) {
		if value == "" {
			return
		}
		rest := f
		without(&rest)
		all = append(all, chipView{say.Say(name) + ": " + value, filterPath(rest)})
	}
	status, cause := f.Status, f.Cause
	if status != "" {
		status = say.Code("status", status)
	}
	if cause != "" {
		cause = tell(cause, say).Title
	}
	add("find", f.Text, func(r *roster.Filter) { r.Text = "" })
	add("filter.status", status, func(r *roster.Filter) { r.Status = "" })
	add("filter.cause", cause, func(r *roster.Filter) { r.Cause = "" })
	add("filter.network", named(say, f.Network), func(r *roster.Filter) { r.Network = "" })
	add("filter.version", named(say, f.Version), func(r *roster.Filter) { r.Version = "" })
	add("filter.tenant", f.Tenant, func(r *roster.Filter) { r.Tenant = "" })
	return all
}

// named is a network or a version as people read it.
func named(say words.Speaker, value string) string {
	switch value {
	case roster.None:
		return say.Say("filter.none")
	case roster.Others:
		return say.Say("filter.others")
	}
	return value
}

// choices are what the form offers in this scope. What the address asks for is
// among them even when no box has it now.
func (c *Console) choices(v *visit, facets roster.Facets, f roster.Filter) choices {
	plain := func(code string) string { return named(v.say, code) }
	list := func(values []string, chosen string, name func(string) string) []choice {
		if chosen != "" && !slices.Contains(values, chosen) {
			values = append(slices.Clone(values), chosen)
		}
		var all []choice
		for _, value := range values {
			all = append(all, choice{value, name(value), value == chosen})
		}
		return all
	}
	var statuses []string
	for _, s := range roster.Statuses() {
		statuses = append(statuses, string(s))
	}
	sorts := []string{roster.ByID, roster.ByBusiness, roster.ByPlace, roster.ByNetwork, roster.ByVersion, roster.ByStatus, roster.BySince, roster.BySeen}
	offered := choices{
		Statuses: list(statuses, f.Status, func(s string) string { return v.say.Code("status", s) }),
		Causes:   list(facets.Causes, f.Cause, func(s string) string { return tell(s, v.say).Title }),
		Networks: list(facets.Networks, f.Network, plain),
		Versions: list(facets.Versions, f.Version, plain),
		Sorts:    list(sorts, f.Sort, func(s string) string { return v.say.Code("sort", s) }),
	}
	if v.scope.All {
		offered.Tenants = list(facets.Tenants, f.Tenant, plain)
	}
	return offered
}
