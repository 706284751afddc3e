package testcam

import (
	"fmt"
	"math"
	"time"
)

// Scene is what the camera sees in one frame.
type Scene struct {
	Angle float64   // of the table, degrees
	Light float64   // perceived level, 0 to 1
	Frame uint32    // number burned into the picture
	Time  time.Time // burned into the picture, to the millisecond
}

// Renderer draws frames of one size. It allocates nothing per frame; one
// goroutine at a time may use it.
type Renderer struct {
	width, height int
	still         []byte // the still studio in full light
	lit           []byte // the same under the exposure
	exposure      exposure
	table         *table
	ring          *ring
}

// NewRenderer prepares frames of a size: even sides, 160x90 to 4096x2304.
func NewRenderer(width, height int) (*Renderer, error) {
	still := make([]byte, SizeI420(max(width, 0), max(height, 0)))
	picture, err := ViewI420(still, width, height)
	if err != nil {
		return nil, err
	}
	if width < 160 || height < 90 || width > 4096 || height > 2304 {
		return nil, fmt.Errorf("picture of %dx%d: the camera films from 160x90 to 4096x2304", width, height)
	}
	v := newView(width, height)
	paintStill(picture, scenery{view: v})
	r := &Renderer{
		width: width, height: height, still: still,
		lit:   make([]byte, len(still)),
		table: newTable(v, width, height),
		ring:  newRenderedRing(v, width, height),
	}
	r.expose(255)
	return r, nil
}

// Render draws a scene into a frame of SizeI420 bytes. Values beyond a scene's
// ranges are cut to them.
func (r *Renderer) Render(i420 []byte, s Scene) error {
	picture, err := ViewI420(i420, r.width, r.height)
	if err != nil {
		return err
	}
	if level := int(math.Round(255 * min(max(orZero(s.Light), 0), 1))); level != r.exposure.level {
		r.expose(level)
	}
	angle := orZero(math.Mod(s.Angle, 360))
	copy(i420, r.lit)
	r.table.render(picture.Y, angle, &r.exposure)
	r.ring.render(picture, angle, &r.exposure)
	drawMarker(picture, Marker{Frame: s.Frame, Time: s.Time})
	return nil
}

func orZero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// expose develops the still studio again, for a new level of the light.
func (r *Renderer) expose(level int) {
	r.exposure.set(level)
	luma := r.width * r.height
	for i, v := range r.still[:luma] {
		r.lit[i] = r.exposure.luma[v]
	}
	for i, v := range r.still[luma:] {
		r.lit[luma+i] = r.exposure.chroma[v]
	}
}

// paintStill draws the scenery. A fixed noise of
// less than one step keeps its gradients from showing bands.
func paintStill(p Picture, s scenery) {
	m := matrixFor(p.Height)
	for y := 0; y < p.Height; y += 2 {
		for x := 0; x < p.Width; x += 2 {
			var block yuv
			for i := range 4 {
				px, py := x+i&1, y+i>>1
				c := m.yuv(s.sampled(px, py))
				p.Y[py*p.Width+px] = clamp8(c.y + grain(px, py) - 0.5)
				block.u, block.v = block.u+c.u/4, block.v+c.v/4
			}
			at := y/2*(p.Width/2) + x/2
			p.U[at], p.V[at] = clamp8(block.u), clamp8(block.v)
		}
	}
}
