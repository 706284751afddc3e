package testcam

import "math"

// layer is a canvas with depth over a part of the picture, finer than the
// picture by a factor, so that edges come out smooth.
type layer struct {
	x, y, width, height int // the part, in pixels; all even
	fine                int // samples per pixel and direction
	stride              int
	colours             []packed
	nearness            []float32 // one over depth; 0 is infinitely far
	extent              []extent  // per line of samples
}

// extent is the part of a line that triangles touched.
type extent struct{ from, to int32 }

func newLayer(x0, y0, x1, y1 float64, fine, maxWidth, maxHeight int) *layer {
	l := &layer{fine: fine}
	l.x, l.width = evenSpan(x0, x1, maxWidth)
	l.y, l.height = evenSpan(y0, y1, maxHeight)
	l.stride = l.width * fine
	l.colours = make([]packed, l.stride*l.height*fine)
	l.nearness = make([]float32, len(l.colours))
	l.extent = make([]extent, l.height*fine)
	return l
}

// evenSpan widens a span to even pixels within 0 and limit.
func evenSpan(from, to float64, limit int) (start, length int) {
	start = min(max(int(math.Floor(from))&^1, 0), limit)
	end := min(max((int(math.Ceil(to))+1)&^1, start), limit)
	return start, end - start
}

// clear wipes what was touched since the last time.
func (l *layer) clear() {
	for y, e := range l.extent {
		if e.from < e.to {
			line := y * l.stride
			clear(l.colours[line+int(e.from) : line+int(e.to)])
			clear(l.nearness[line+int(e.from) : line+int(e.to)])
		}
		l.extent[y] = extent{from: int32(l.stride), to: 0}
	}
}

// spot is a corner as the layer sees it: place in samples, one over depth, and
// the normal to the camera's right and up, scaled to the ball.
type spot struct{ x, y, near, right, up float32 }
