package testcam

import "math"

// The cut of a brilliant in parts of its radius (after Tolkowsky: crown 34.5
// degrees, pavilion 40.8 degrees, table a little over half).
const (
	stoneTable    = 0.56
	stoneCrown    = 0.30
	stonePavilion = 0.86
)

// brilliant cuts a stone of n-fold symmetry around an axis: a table that shows
// the stone's back in wedges, crown facets, and the pavilion below the girdle.
func (m *mesh) brilliant(girdle point, radius float64, axis point, n int) {
	across := axis.cross(point{0.3, 1, 0.2}).unit()
	along := axis.cross(across)
	on := func(r, height, turn float64) int32 {
		sin, cos := math.Sincos(2 * math.Pi * turn / float64(n))
		out := across.times(cos).plus(along.times(sin))
		return m.add(girdle.plus(out.times(r*radius)).plus(axis.times(height*radius)), axis)
	}
	top := on(0, stoneCrown, 0)
	culet := on(0, -stonePavilion, 0)
	for i := range n {
		t := float64(i)
		inner, middle, outer := t, t+0.5, t+1
		table0, table1 := on(stoneTable, stoneCrown, inner), on(stoneTable, stoneCrown, outer)
		tableMid := on(stoneTable*0.93, stoneCrown, middle)
		star := on(0.78, stoneCrown*0.62, middle)
		edge0, edge1, edgeMid := on(1, 0, inner), on(1, 0, outer), on(1, 0, middle)
		m.face(axis, top, table0, tableMid)
		m.face(axis, top, tableMid, table1)
		m.face(axis, table0, star, tableMid)
		m.face(axis, tableMid, star, table1)
		m.face(axis, table0, edge0, star)
		m.face(axis, star, edge1, table1)
		m.face(axis, edge0, edgeMid, star)
		m.face(axis, star, edgeMid, edge1)
		m.face(axis, edge0, culet, edgeMid)
		m.face(axis, edgeMid, culet, edge1)
	}
}

// face adds a facet. The light that leaves it came in by another one and was
// thrown back twice; a direction scattered by the facet's number stands for
// that way, which makes the stone sparkle as it turns.
func (m *mesh) face(axis point, a, b, c int32) {
	u := m.corners[b].at.minus(m.corners[a].at)
	v := m.corners[c].at.minus(m.corners[a].at)
	normal := u.cross(v).unit()
	number := len(m.facets)
	scattered := point{grain(number, 1) - 0.5, grain(number, 2) - 0.5, grain(number, 3) - 0.5}
	m.facets = append(m.facets, facet{
		corners: [3]int32{a, b, c},
		normal:  normal,
		inside:  normal.plus(scattered.times(1.9)).plus(axis.times(0.2)).unit(),
	})
}
