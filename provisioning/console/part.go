package console

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"html/template"
	"strconv"
)

// part is a piece of a page that changes by itself: an element with an id, in a
// slot of the page.
type part struct {
	slot, id, template string
	body               any
}

// rendered is a part as the browser gets it.
type rendered struct {
	slot, id string
	html     []byte
	print    string // fingerprint of html, also in its data-h
}

// emptyPrint is where a part's template leaves room for the fingerprint.
var emptyPrint = []byte(`data-h=""`)

// renderParts renders parts in order.
func (c *Console) renderParts(p page, parts []part) ([]rendered, error) {
	all := make([]rendered, 0, len(parts))
	var out bytes.Buffer
	for _, one := range parts {
		out.Reset()
		p.Body = one.body
		if err := c.pages.ExecuteTemplate(&out, one.template, p); err != nil {
			return nil, fmt.Errorf("part %s: %w", one.id, err)
		}
		print := fingerprint(out.Bytes())
		html := bytes.Replace(out.Bytes(), emptyPrint, []byte(`data-h="`+print+`"`), 1)
		all = append(all, rendered{slot: one.slot, id: one.id, html: bytes.Clone(html), print: print})
	}
	return all, nil
}

// fill puts rendered parts into their slots.
func (p *page) fill(parts []rendered) {
	p.Slots = map[string][]template.HTML{}
	for _, one := range parts {
		p.Slots[one.slot] = append(p.Slots[one.slot], template.HTML(one.html)) // made by our own templates
	}
}

// fingerprint tells two versions of a part apart; nobody gains by forging one.
func fingerprint(text []byte) string {
	sum := fnv.New64a()
	_, _ = sum.Write(text)
	return strconv.FormatUint(sum.Sum64(), 36)
}

// shortID makes a key of any letters into an element's id.
func shortID(prefix, key string) string { return prefix + fingerprint([]byte(key)) }
