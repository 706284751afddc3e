package onvif

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// Bounds of what a camera may answer with. A list of 30 profiles has 100 kB.
const (
	maxBody   = 1 << 20
	maxHeader = 32 << 10
	maxDepth  = 48
	maxNodes  = 40_000
)

// element is one XML element with all that is in it. Cameras differ in prefixes,
// in order and in what they add, so answers are read by local names; and what is
// sent back is sent whole, with the fields that nobody here knows.
type element struct {
	name     xml.Name
	attrs    []xml.Attr // without declarations of namespaces
	text     string
	children []*element
}

var errMalformed = errors.New("malformed XML")

// parse reads a document within the bounds.
func parse(r io.Reader) (*element, error) {
	decoder := xml.NewDecoder(r)
	root := &element{}
	open := []*element{root}
	nodes := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && len(open) == 1 && len(root.children) == 1 {
			return root.children[0], nil
		}
		if err != nil {
			return nil, errMalformed
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if nodes++; nodes > maxNodes || len(open) > maxDepth {
				return nil, errMalformed
			}
			e := &element{name: t.Name, attrs: plain(t.Attr)}
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.EndElement:
			top.text = strings.TrimSpace(top.text)
			open = open[:len(open)-1]
		case xml.CharData:
			if len(top.text) < maxBody {
				top.text += string(t)
			}
		}
	}
}

// plain drops the declarations of namespaces: write makes its own.
func plain(attrs []xml.Attr) (kept []xml.Attr) {
	for _, a := range attrs {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			kept = append(kept, a)
		}
	}
	return kept
}

// find is the first element at the end of a path of local names; nil when there
// is none. A nil element has none.
func (e *element) find(path ...string) *element {
	for _, name := range path {
		if e == nil {
			return nil
		}
		var next *element
		for _, child := range e.children {
			if child.name.Local == name {
				next = child
				break
			}
		}
		e = next
	}
	return e
}

// all are the children of a local name.
func (e *element) all(name string) (found []*element) {
	if e == nil {
		return nil
	}
	for _, child := range e.children {
		if child.name.Local == name {
			found = append(found, child)
		}
	}
	return found
}

// string is the text at the end of a path, empty when there is none.
func (e *element) string(path ...string) string {
	if e = e.find(path...); e == nil {
		return ""
	}
	return e.text
}

// int is a number at the end of a path, 0 when there is none. Some cameras
// write whole numbers with a fraction.
func (e *element) int(path ...string) int {
	value, err := strconv.ParseFloat(e.string(path...), 64)
	if err != nil || value > 1<<31 || value < -1<<31 {
		return 0
	}
	return int(value)
}

// float is a number at the end of a path; false when there is none.
func (e *element) float(path ...string) (float64, bool) {
	return number(e.string(path...))
}

// number reads a finite number.
func number(text string) (float64, bool) {
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil && !math.IsNaN(value) && !math.IsInf(value, 0)
}

func (e *element) attr(name string) string {
	if e != nil {
		for _, a := range e.attrs {
			if a.Name.Local == name {
				return a.Value
			}
		}
	}
	return ""
}

// clone is a copy that shares nothing that set alters.
func (e *element) clone() *element {
	copied := *e
	copied.children = nil
	for _, child := range e.children {
		copied.children = append(copied.children, child.clone())
	}
	return &copied
}

// write appends the element as XML. Each change of namespace is declared where it
// happens. Prefixes within text or attribute values (QNames) are not followed:
// the encoder configurations of the schema have none.
func (e *element) write(b *strings.Builder, inherited string) {
	b.WriteString("<" + e.name.Local)
	if e.name.Space != inherited {
		b.WriteString(` xmlns="` + escape(e.name.Space) + `"`)
	}
	for i, a := range e.attrs {
		name := a.Name.Local
		if a.Name.Space != "" {
			prefix := "a" + strconv.Itoa(i)
			b.WriteString(` xmlns:` + prefix + `="` + escape(a.Name.Space) + `"`)
			name = prefix + ":" + name
		}
		b.WriteString(" " + name + `="` + escape(a.Value) + `"`)
	}
	b.WriteString(">" + escape(e.text))
	for _, child := range e.children {
		child.write(b, e.name.Space)
	}
	b.WriteString("</" + e.name.Local + ">")
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}

// request makes an element whose children are of the same namespace.
func request(namespace, name string, children ...*element) *element {
	return &element{name: xml.Name{Space: namespace, Local: name}, children: children}
}

// leaf makes an element with text.
func leaf(namespace, name, text string) *element {
	return &element{name: xml.Name{Space: namespace, Local: name}, text: text}
}
