package testcam

import "math"

// corner is a vertex: where it is and which way the surface faces there.
type corner struct{ at, normal point }

// mesh is a solid in the table's own coordinates, wound counter-clockwise seen
// from outside. Gold is shaded smoothly by its normals, facets flat.
type mesh struct {
	corners []corner
	gold    [][3]int32
	facets  []facet
}

// facet is one flat face of a cut stone. Inside is the direction in which the
// stone's back throws the light of this face.
type facet struct {
	corners [3]int32
	normal  point
	inside  point
}

// The ring stands upright on the table, its stone on top; lengths in radii of
// the table.
const (
	ringRadius   = 0.285 // middle of the band
	bandThick    = 0.042 // half the band, outwards
	bandWide     = 0.062 // half the band, along the finger
	bandAround   = 84
	bandSections = 18

	stoneRadius = 0.118
	stoneGirdle = 2*(ringRadius+bandThick) + 0.065 // height above the table
	ringHeight  = stoneGirdle + 0.06
	ringReach   = ringRadius + bandThick + 0.02 // farthest from the table's axis
)

// newRing builds band, claws, stone and the small stones on the shoulders.
func newRing() *mesh {
	m := &mesh{}
	m.band()
	for i := range 4 {
		m.claw(float64(i)*math.Pi/2 + math.Pi/4)
	}
	m.brilliant(point{0, 0, stoneGirdle}, stoneRadius, point{0, 0, 1}, 8)
	for i := 1; i <= 5; i++ {
		for _, side := range []float64{-1, 1} {
			m.shoulder(side * (0.33 + 0.155*float64(i)))
		}
	}
	return m
}

func (m *mesh) add(at, normal point) int32 {
	m.corners = append(m.corners, corner{at, normal})
	return int32(len(m.corners) - 1)
}

// band is a torus whose section is an ellipse; its axis lies along y.
func (m *mesh) band() {
	first := int32(len(m.corners))
	for i := range bandAround {
		for j := range bandSections {
			m.add(onBand(2*math.Pi*float64(i)/bandAround, 2*math.Pi*float64(j)/bandSections))
		}
	}
	m.tube(first, bandAround, bandSections, true)
}

// onBand is a point of the band's surface: around counts from the top, section
// from the outside.
func onBand(around, section float64) (at, normal point) {
	sinA, cosA := math.Sincos(around)
	sinS, cosS := math.Sincos(section)
	out := point{sinA, 0, cosA}
	along := point{0, 1, 0}
	middle := out.times(ringRadius).plus(point{0, 0, ringRadius + bandThick})
	at = middle.plus(out.times(bandThick * cosS)).plus(along.times(bandWide * sinS))
	normal = out.times(cosS / bandThick).plus(along.times(sinS / bandWide)).unit()
	return at, normal
}

// claw is one of the four prongs that hold the stone.
func (m *mesh) claw(around float64) {
	const sections, length = 8, 6
	sin, cos := math.Sincos(around)
	out := point{cos, sin, 0}
	foot := out.times(0.035).plus(point{0, 0, stoneGirdle - 0.115})
	tip := out.times(stoneRadius * 0.97).plus(point{0, 0, stoneGirdle + 0.016})
	axis := tip.minus(foot).unit()
	side := axis.cross(out).unit()
	across := side.cross(axis)
	first := int32(len(m.corners))
	for i := range length {
		along := float64(i) / (length - 1)
		thick := 0.014 * math.Sqrt(max(1-math.Pow(along, 8), 0.02))
		middle := foot.plus(tip.minus(foot).times(along))
		for j := range sections {
			s, c := math.Sincos(2 * math.Pi * float64(j) / sections)
			normal := across.times(c).plus(side.times(-s))
			m.add(middle.plus(normal.times(thick)), normal.plus(axis.times(0.9*along*along)).unit())
		}
	}
	m.tube(first, length, sections, false)
}

// tube joins rows of corners with quads; closed joins the last to the first.
func (m *mesh) tube(first int32, rows, sections int, closed bool) {
	last := rows - 1
	if closed {
		last = rows
	}
	for i := range last {
		for j := range sections {
			a := first + int32(i*sections+j)
			b := first + int32(i*sections+(j+1)%sections)
			c := first + int32((i+1)%rows*sections+j)
			d := first + int32((i+1)%rows*sections+(j+1)%sections)
			m.gold = append(m.gold, [3]int32{a, b, c}, [3]int32{b, d, c})
		}
	}
}

// shoulder sets a small stone into the band, around counted from its top.
func (m *mesh) shoulder(around float64) {
	at, normal := onBand(around, 0)
	m.brilliant(at.plus(normal.times(0.002)), 0.034, normal, 6)
}
