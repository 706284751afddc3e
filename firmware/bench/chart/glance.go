package chart

import "html"

// glance shows all lines at once: how much of the line a viewer one second
// behind the camera got, and how much of the time the picture stood.
func glance(all []group, s size) string {
	const rowHeight = 22
	names := 104.0
	if s.class == wide.class {
		names = 190
	}
	f := &figure{size: s, top: 34}
	f.plot = rowHeight * float64(len(all))
	gap := 24.0
	each := (s.width - names - gap - s.right - 10) / 2
	share := scaleX{left: names, width: each, most: 100, unit: 25}
	frozen := scaleX{left: names + gap + each, width: each, most: 20, unit: 5}
	for _, scale := range []scaleX{share, frozen} {
		scale.grid(f)
	}
	f.label(share.left, 12, "start", s.choose("shown@1s, % of capacity", "shown@1s, %"))
	f.label(frozen.left, 12, "start", s.choose("freeze@1s, s/min (20 and more at the edge)", "freeze@1s, s/min"))
	for i, g := range all {
		y := f.top + rowHeight*(float64(i)+0.5)
		f.add(`<text x="%.1f" y="%.1f" text-anchor="end" font-size="%g">%s</text>`, names-8, y+f.font*0.35, f.font-1, html.EscapeString(short(g.line, s)))
		f.add(`<path class="grid" d="M%.1f %.1fH%.1fM%.1f %.1fH%.1f"/>`, share.left, y, share.left+each, frozen.left, y, frozen.left+each)
		rows := g.drawn()
		for j := len(rows) - 1; j >= 0; j-- { // ours on top
			r := rows[j]
			f.dot(r, share, 100*r.At1s.Kbps/max(r.CapacityKbps, 1), y)
			f.dot(r, frozen, r.At1s.FreezePerMin, y)
		}
	}
	return f.svg(f.top+f.plot+6, "All lines at a glance")
}

// short cuts a name that is too long for a phone.
func short(name string, s size) string {
	if runes := []rune(name); s.class == phone.class && len(runes) > 16 {
		return string(runes[:15]) + "…"
	}
	return name
}

// scaleX is a horizontal axis from 0 to most.
type scaleX struct {
	left, width, most, unit float64
}

func (s scaleX) x(value float64) float64 { return s.left + s.width*min(max(value, 0), s.most)/s.most }

func (s scaleX) grid(f *figure) {
	for at := 0.0; at <= s.most; at += s.unit {
		f.add(`<path class="grid" d="M%.1f %.1fV%.1f"/>`, s.x(at), f.top-4, f.top+f.plot)
		f.label(s.x(at), f.top-8, "middle", number(at))
	}
}

func (f *figure) dot(r row, s scaleX, value, y float64) {
	radius := 3.5
	if r.ours() {
		radius = 5.5
	}
	f.add(`<circle class="%s" cx="%.1f" cy="%.1f" r="%g"><title>%s: %s</title></circle>`,
		ruleClass(r)+" dot", s.x(value), y, radius, html.EscapeString(r.label), number(value))
}
