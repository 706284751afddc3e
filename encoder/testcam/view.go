package testcam

import "math"

// The studio is measured in radii of the turntable: x to the right, y away from
// the camera, z up, the middle of the table's top at the origin.
const (
	elevation      = 32 * math.Pi / 180 // of the camera above the table
	cameraDistance = 8.0
	tableWidth     = 0.66 // half width of the table on a picture of 16:9 with height 1
	horizon        = 0.60 // where the table's middle is, as a part of the height
)

// point is a place or a direction in the studio.
type point struct{ x, y, z float64 }

func (p point) plus(q point) point         { return point{p.x + q.x, p.y + q.y, p.z + q.z} }
func (p point) times(f float64) point      { return point{p.x * f, p.y * f, p.z * f} }
func (p point) dot(q point) float64        { return p.x*q.x + p.y*q.y + p.z*q.z }
func (p point) minus(q point) point        { return p.plus(q.times(-1)) }
func (p point) unit() point                { return p.times(1 / math.Sqrt(p.dot(p))) }
func (p point) mirrored(about point) point { return p.minus(about.times(2 * p.dot(about))) }
func (p point) cross(q point) point {
	return point{p.y*q.z - p.z*q.y, p.z*q.x - p.x*q.z, p.x*q.y - p.y*q.x}
}

// view is the camera: a long lens that looks down on the table.
type view struct {
	focal      float64 // pixels
	midX, midY float64 // pixels, where the table's middle is
	sin, cos   float64 // of the elevation
}

func newView(width, height int) view {
	// A picture that is narrower than 16:9 shows the table smaller, not cut.
	scale := min(float64(height), float64(width)*9/16)
	return view{
		focal: tableWidth * scale * cameraDistance,
		midX:  float64(width) / 2,
		midY:  float64(height) * horizon,
		sin:   math.Sin(elevation),
		cos:   math.Cos(elevation),
	}
}

// project is where a point appears, in pixels, and its depth along the lens.
func (v view) project(p point) (x, y, depth float64) {
	depth = cameraDistance + p.y*v.cos - p.z*v.sin
	x = v.midX + v.focal*p.x/depth
	y = v.midY - v.focal*(p.y*v.sin+p.z*v.cos)/depth
	return x, y, depth
}

// onTable is the point of the plane at height z that appears at a pixel; ok is
// false where the pixel looks over the plane's horizon.
func (v view) onTable(x, y, z float64) (p point, ok bool) {
	up := (v.midY - y) / v.focal
	// y solves up = (y sin + z cos) / (distance + y cos - z sin).
	slope := v.sin - up*v.cos
	if slope < 1e-6 {
		return point{}, false
	}
	p.y = (up*(cameraDistance-z*v.sin) - z*v.cos) / slope
	p.x = (x - v.midX) / v.focal * (cameraDistance + p.y*v.cos - z*v.sin)
	p.z = z
	return p, true
}

// toEye is the direction from the table to the camera; with so long a lens it
// is the same for every point.
func (v view) toEye() point { return point{0, -v.cos, v.sin} }

// facing turns a direction of the studio into the camera's right and up.
func (v view) facing(p point) (right, up float64) { return p.x, p.y*v.sin + p.z*v.cos }

// rim is the point on the table at an angle in degrees, counted
// counter-clockwise seen from above, 0 being nearest to the camera.
func rim(deg, radius float64) point {
	sin, cos := math.Sincos(deg * math.Pi / 180)
	return point{x: radius * sin, y: -radius * cos}
}

// angleOf is the angle in degrees, 0 to 360, at which a point of the table lies.
func angleOf(p point) float64 {
	deg := math.Atan2(p.x, -p.y) * 180 / math.Pi
	if deg < 0 {
		deg += 360
	}
	return deg
}
