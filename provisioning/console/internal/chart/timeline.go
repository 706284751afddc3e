package chart

import (
	"fmt"
	"html/template"
	"strings"
)

// Cell is one stretch of a timeline: a status, whose name is also its class, a
// letter that tells it without colour, and what a reader sees on hover.
type Cell struct {
	Status string
	Letter string
	From   string // when it begins, for people
	Until  string // when it ends, for people
	Name   string // of the status, for people
}

// letterShare is the shortest bar, in percent of the row, that has
// room for its letter.
const letterShare = 1.8

// Timeline draws one row of cells of equal length. Neighbours of one status
// become one bar with one letter. All places are percents, so that patterns and
// letters keep their shape at any width; [Patterns] must be on the same page.
func Timeline(cells []Cell, label string) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="timeline" role="img" aria-label="%s">`, template.HTMLEscapeString(label))
	share := 100 / float64(max(len(cells), 1))
	for i := 0; i < len(cells); {
		end := i + 1
		for end < len(cells) && cells[end].Status == cells[i].Status {
			end++
		}
		bar(&b, cells[i:end], float64(i)*share, float64(end-i)*share)
		i = end
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) // figures and escaped texts
}

// bar is a run of cells of one status, at and as wide as so many percent.
func bar(b *strings.Builder, run []Cell, at, width float64) {
	first, last := run[0], run[len(run)-1]
	status := template.HTMLEscapeString(first.Status)
	title := fmt.Sprintf("%s–%s  %s", first.From, last.Until, first.Name)
	fmt.Fprintf(b, `<g class="cell s-%s"><title>%s</title>`, status, template.HTMLEscapeString(title))
	fmt.Fprintf(b, `<rect class="ground" x="%.3f%%" width="%.3f%%" height="100%%"/>`, at, width)
	fmt.Fprintf(b, `<rect x="%.3f%%" width="%.3f%%" height="100%%" fill="url(#p-%s)"/>`, at, width, status)
	if width >= letterShare {
		fmt.Fprintf(b, `<text x="%.3f%%" dx="4" y="15">%s</text>`, at, template.HTMLEscapeString(first.Letter))
	}
	b.WriteString(`</g>`)
}

// Patterns are the weaves that tell statuses apart without colour.
func Patterns() template.HTML {
	return `<svg class="defs" aria-hidden="true"><defs>` +
		pattern("degraded", `patternTransform="rotate(45)"`, `<path d="M0 0V8"/>`) +
		pattern("offline", "", `<path d="M0 0L8 8M8 0L0 8"/>`) +
		pattern("updating", "", `<path d="M2 0V8M6 0V8"/>`) +
		pattern("rolled_back", "", `<path d="M0 2H8M0 6H8"/>`) +
		pattern("quarantined", "", `<path d="M0 4H8M4 0V8"/>`) +
		pattern("never_seen", "", `<path d="M3 4H5"/>`) +
		`</defs></svg>`
}

func pattern(status, transform, lines string) template.HTML {
	return template.HTML(`<pattern id="p-` + status + `" width="8" height="8" patternUnits="userSpaceOnUse" ` + transform + // constants only
		`><g class="weave">` + lines + `</g></pattern>`)
}
