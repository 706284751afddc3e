package shape

import (
	"slices"

	"studiobox/encoder/unit"
)

// A group of pictures is remembered up to these bounds: 20 s at 30 frames per
// second, and twice what 4 s of 16 Mbit/s are.
const (
	gopUnits = 600
	gopBytes = 16 << 20
)

// gop remembers the camera's video units since its last key unit, so that a
// transcoder can begin in the middle of the group. A group that outgrows the
// bounds is forgotten; take-over then waits for the next key unit.
type gop struct {
	units []*unit.Unit
	bytes int
}

func (g *gop) add(u *unit.Unit) {
	if u.Key {
		g.forget()
	} else if len(g.units) == 0 {
		return
	}
	g.units = append(g.units, u)
	if g.bytes += u.Size(); len(g.units) > gopUnits || g.bytes > gopBytes {
		g.forget()
	}
}

// forget keeps the memory of the list, not the units.
func (g *gop) forget() {
	clear(g.units)
	g.units, g.bytes = g.units[:0], 0
}

// whole is a copy of the group, which its receiver may keep.
func (g *gop) whole() []*unit.Unit { return slices.Clone(g.units) }
