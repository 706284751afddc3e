package panel

import (
	"html"
	"strings"
)

// markup writes HTML. Whatever is handed to it becomes text or an attribute's
// value, never markup of its own.
type markup struct{ strings.Builder }

// open begins an element; attributes come in pairs of name and value.
func (m *markup) open(tag string, attributes ...string) {
	m.WriteString("<" + tag)
	for i := 0; i+1 < len(attributes); i += 2 {
		m.WriteString(" " + attributes[i] + `="` + html.EscapeString(attributes[i+1]) + `"`)
	}
	m.WriteString(">")
}

func (m *markup) end(tag string) { m.WriteString("</" + tag + ">\n") }

func (m *markup) text(text string) { m.WriteString(html.EscapeString(text)) }

// put is a whole element with nothing but text in it.
func (m *markup) put(tag, text string, attributes ...string) {
	m.open(tag, attributes...)
	m.text(text)
	m.end(tag)
}
