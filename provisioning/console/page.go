package console

import (
	"bytes"
	"html/template"
	"net/http"

	"studiobox/provisioning/console/internal/chart"
	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
)

// page is what every template is given.
type page struct {
	words.Speaker
	Title   string
	Section string // of the navigation
	Here    string // this page's address, for the way back
	Live    string // where this page's changes come from; empty: nowhere
	Query   string // of the search field
	Zone    string
	CSRF    string
	Notice  string
	User    pageUser
	Filter  roster.Filter
	Choices choices
	Slots   map[string][]template.HTML
	Body    any
}

type pageUser struct{ ID, Name, Role, Tenant string }

// choice is one of several values, in the reader's words.
type choice struct {
	Value, Name string
	On          bool
}

// choices are what the search form offers.
type choices struct{ Statuses, Causes, Networks, Versions, Tenants, Sorts []choice }

// tongue is one button of the language switch.
type tongue struct {
	Code, Name string
	On         bool
}

// Languages are the buttons of the switch, each in its own language.
func (p page) Languages() []tongue {
	return []tongue{{"en", "English", p.Lang == "en"}, {"ja", "日本語", p.Lang == "ja"}, {"zh", "中文", p.Lang == "zh"}}
}

// Severities explain the one scale of the page.
func (p page) Severities() []severity {
	return []severity{p.severity("fault"), p.severity("warn"), p.severity("info")}
}

type severity struct{ Tone, Letter, Name string }

func (p page) severity(tone string) severity {
	return severity{tone, p.Say("tone." + tone), p.Say("severity." + tone)}
}

// Patterns are the weaves that the timelines refer to.
func (p page) Patterns() template.HTML { return chart.Patterns() }

// Slot is what was rendered for a place of the page.
func (p page) Slot(name string) []template.HTML { return p.Slots[name] }

// page begins a page for a visit.
func (c *Console) page(v *visit, title, section string) page {
	p := page{
		Speaker: v.say, Title: title, Section: section, Here: v.URL.RequestURI(), Zone: v.zone, CSRF: v.csrf,
		User: pageUser{ID: v.user.Subject, Name: v.me, Role: string(v.user.Role), Tenant: v.user.Tenant},
	}
	if c.cfg.Hearing != nil {
		p.Notice = notice(v.say, c.cfg.Hearing())
	}
	return p
}

// notice says that nothing new can be on the page; empty while all is well.
func notice(say words.Speaker, h Hearing) string {
	switch {
	case h.OK:
		return ""
	case !h.Since.IsZero():
		return say.Say("notice.deaf", "at", say.Moment(h.Since), "ago", say.Ago(h.Since))
	case h.Why == "":
		return say.Say("notice.never")
	}
	return say.Say("notice.never.why", "why", h.Why)
}

// write renders a whole page. A page that cannot be rendered is a defect of
// this program: it is logged, and nothing of it is sent.
func (c *Console) write(w http.ResponseWriter, v *visit, status int, name string, p page) {
	var body bytes.Buffer
	if err := c.pages.ExecuteTemplate(&body, name, p); err != nil {
		c.log.Error("a page cannot be rendered", "page", name, "error", err)
		http.Error(w, v.say.Say("error.500"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the visitor left: nobody to tell
}

// fail tells the reader what went wrong. "Not yours" and "does not exist" are
// the same 404, byte for byte.
func (c *Console) fail(w http.ResponseWriter, v *visit, status int) {
	key := map[int]string{
		http.StatusBadRequest: "error.400", http.StatusForbidden: "error.403", http.StatusNotFound: "error.404",
	}[status]
	if key == "" {
		key = "error.500"
	}
	p := c.page(v, v.say.Say(key+".title"), "")
	p.Here = "/" // the address would tell the two kinds of 404 apart
	p.Body = v.say.Say(key)
	c.write(w, v, status, "error", p)
}
