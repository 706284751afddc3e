package testcam

import "math"

// The table's top, from the middle outwards, in radii: black glass, a gold
// line, a brushed scale, a matt band with the marker, a polished edge.
const (
	glassEdge  = 0.695
	scaleInner = 0.715
	scaleOuter = 0.835
	bandInner  = 0.845
	bandOuter  = 0.982
	tableDepth = 0.055 // thickness of the table
)

// scenery is everything that stands still, lit by the key light.
type scenery struct {
	view view
}

// zone is one of the surfaces that meet in sharp edges.
type zone uint8

const (
	zoneFloor zone = iota
	zoneSide
	zoneEdge
	zoneBand
	zoneScale
	zoneLine
	zoneGlass
)

// find is the surface that a place in the picture shows, and where on it.
func (s scenery) find(x, y float64) (zone, point) {
	if top, ok := s.view.onTable(x, y, 0); ok {
		switch r := math.Hypot(top.x, top.y); {
		case r < glassEdge:
			return zoneGlass, top
		case r < scaleInner:
			return zoneLine, top
		case r < scaleOuter:
			return zoneScale, top
		case r < bandOuter:
			return zoneBand, top
		case r < 1:
			return zoneEdge, top
		}
	}
	floor, ok := s.view.onTable(x, y, -tableDepth)
	if ok && math.Hypot(floor.x, floor.y) < 1 {
		return zoneSide, floor
	}
	return zoneFloor, floor
}

// light is what a surface of the still studio sends to the camera. On the part
// of the table that turns it gives the colours, and the luma where nothing is
// printed.
func (s scenery) light(z zone, p point) colour {
	switch z {
	case zoneGlass:
		return s.glass(p)
	case zoneLine:
		return colour{0.50, 0.34, 0.11}.times(0.30 + 0.70*brushed(p))
	case zoneScale:
		return colour{0.30, 0.31, 0.33}.times(brushed(p))
	case zoneBand:
		return colour{0.008, 0.008, 0.009}
	case zoneEdge:
		return s.mirror(point{p.x, p.y, 0.8}.unit(), 0.55)
	case zoneSide:
		// The floor below stands for the side: near enough for so thin a table.
		return s.mirror(point{p.x, p.y, 0}.unit(), 0.30).plus(colour{0.004, 0.004, 0.005})
	default:
		return s.floor(p)
	}
}

// sampled is the mean light over a pixel: four samples where surfaces meet,
// one elsewhere.
func (s scenery) sampled(px, py int) colour {
	var zones [4]zone
	var places [4]point
	for i := range 4 {
		zones[i], places[i] = s.find(float64(px)+0.25+0.5*float64(i&1), float64(py)+0.25+0.5*float64(i>>1))
	}
	if zones[0] == zones[1] && zones[1] == zones[2] && zones[2] == zones[3] {
		return s.light(zones[0], places[0])
	}
	sum := colour{}
	for i := range 4 {
		sum = sum.plus(s.light(zones[i], places[i]).times(0.25))
	}
	return sum
}

// glass reflects the softbox as a wide sheen that fades towards the camera.
func (s scenery) glass(p point) colour {
	sheen := math.Exp(-square((p.x+0.35)/0.55)-square((p.y-0.42)/0.38)) * 0.060
	line := bump(0.42, 0.010, math.Hypot(p.x, p.y)) * 0.03
	return colour{0.004, 0.005, 0.008}.plus(colour{0.75, 0.9, 1.15}.times(sheen + line))
}

// brushed is how bright a turned metal surface is: its grooves run around the
// middle, so a lamp shows as two opposed wedges.
func brushed(p point) float64 {
	angle := math.Atan2(p.y, p.x)
	wedge := math.Abs(math.Cos(angle - 2.2))
	second := math.Abs(math.Cos(angle - 0.55))
	return 0.16 + 0.84*math.Pow(wedge, 7) + 0.30*math.Pow(second, 12)
}

// floor is a dark sweep: a pool of light around the table, the table's shadow
// next to it, a warm glow on the backdrop.
func (s scenery) floor(p point) colour {
	r := math.Hypot(p.x, p.y)
	pool := 0.058 * math.Exp(-square(r/1.75)) * (0.22 + 0.78*smooth(0.98, 1.45, r))
	glow := 0.085 * math.Exp(-square(p.x/1.25)-square((p.y-2.3)/0.95))
	return colour{0.80, 0.95, 1.20}.times(pool + 0.0015).plus(colour{1.25, 0.86, 0.58}.times(glow))
}

// mirror is what a polished surface shows to the camera.
func (s scenery) mirror(normal point, strength float64) colour {
	return surroundings(s.view.toEye().times(-1).mirrored(normal)).times(strength)
}

func square(v float64) float64 { return v * v }
