package testcam

import "math"

// ring renders the ring and its mirror image in the table's glass.
type ring struct {
	view    view
	matrix  matrix
	mesh    *mesh
	spots   []spot
	body    *layer
	image   *layer // in the glass
	gold    *ball
	goldDim *ball    // as the glass shows it
	fade    []uint32 // strength of the image for each of its lines, of 256
	facets  []packed // colours of the mesh's facets in this frame
}

// imageEnd is how far from the table's middle the image in the glass reaches.
const imageEnd = glassEdge * 0.94

func newRenderedRing(v view, width, height int) *ring {
	m := matrixFor(height)
	r := &ring{
		view: v, matrix: m, mesh: newRing(),
		gold:    goldBall(v, m, false),
		goldDim: goldBall(v, m, true),
	}
	r.facets = make([]packed, len(r.mesh.facets))
	r.spots = make([]spot, len(r.mesh.corners))
	left, _, _ := v.project(point{-ringReach, -ringReach, 0})
	right, _, _ := v.project(point{ringReach, -ringReach, 0})
	_, top, _ := v.project(point{0, ringReach, ringHeight})
	_, foot, _ := v.project(point{0, -ringReach, 0})
	_, bottom, _ := v.project(rim(0, imageEnd))
	r.body = newLayer(left-2, top-2, right+2, foot+2, 2, width, height)
	_, touch, _ := v.project(point{0, bandWide, 0})
	r.image = newLayer(left-2, touch-2, right+2, bottom, 1, width, height)
	r.fade = r.fading()
	return r
}

// fading makes the image weaker the farther from the foot: black glass shows
// less of what is high above it, and the matt band nothing.
func (r *ring) fading() []uint32 {
	fade := make([]uint32, r.image.height)
	for y := range fade {
		p, ok := r.view.onTable(r.view.midX, float64(r.image.y+y)+1, 0)
		if !ok {
			continue
		}
		fade[y] = uint32(256 * 0.42 * math.Exp(-max(-p.y, 0)*2.2) * smooth(-imageEnd, -imageEnd*0.75, p.y))
	}
	return fade
}

// render draws the ring turned by an angle in degrees.
func (r *ring) render(p Picture, angle float64, e *exposure) {
	r.sparkle(angle)
	r.draw(r.image, angle, -1)
	r.image.blend(p, e, r.fade)
	r.draw(r.body, angle, 1)
	r.body.blend(p, e, nil)
}

// turner turns points around the table's axis.
type turner struct{ sin, cos float64 }

func newTurner(deg float64) turner {
	sin, cos := math.Sincos(deg * math.Pi / 180)
	return turner{sin, cos}
}

func (t turner) turn(p point) point {
	return point{p.x*t.cos - p.y*t.sin, p.x*t.sin + p.y*t.cos, p.z}
}

// sparkle finds the colours of the stones' facets, those left out that neither
// the ring nor its image shows.
func (r *ring) sparkle(angle float64) {
	t, eye := newTurner(angle), r.view.toEye()
	for i := range r.mesh.facets {
		f := &r.mesh.facets[i]
		normal := t.turn(f.normal)
		if normal.y*eye.y+math.Abs(normal.z*eye.z) <= 0 {
			continue
		}
		r.facets[i] = pack(r.matrix.yuv(stoneColour(r.view, normal, t.turn(f.inside))))
	}
}

// draw fills a layer; upright is -1 for the mirror image.
func (r *ring) draw(l *layer, angle, upright float64) {
	l.clear()
	t := newTurner(angle)
	scale := float64(l.fine)
	for i, c := range r.mesh.corners {
		at, normal := t.turn(c.at), t.turn(c.normal)
		at.z, normal.z = at.z*upright, normal.z*upright
		x, y, depth := r.view.project(at)
		right, up := r.view.facing(normal)
		r.spots[i] = spot{
			x: float32((x - float64(l.x)) * scale), y: float32((y - float64(l.y)) * scale),
			near:  float32(1 / depth),
			right: float32((right + 1) * (ballSide - 1) / 2),
			up:    float32((1 - up) * (ballSide - 1) / 2),
		}
	}
	material := r.gold
	if upright < 0 {
		material = r.goldDim
	}
	for _, t := range r.mesh.gold {
		a, b, c := r.corners(t, upright)
		l.polished(a, b, c, material)
	}
	for i := range r.mesh.facets {
		a, b, c := r.corners(r.mesh.facets[i].corners, upright)
		l.flat(a, b, c, r.facets[i])
	}
}

// corners are a triangle's spots, wound as the layer wants them: a mirror
// turns the winding round.
func (r *ring) corners(t [3]int32, upright float64) (a, b, c *spot) {
	if upright < 0 {
		t[1], t[2] = t[2], t[1]
	}
	return &r.spots[t[0]], &r.spots[t[1]], &r.spots[t[2]]
}
