package testcam

// span is what a triangle covers: the box of its samples and, for the first
// sample of a line, three weights that are positive inside and add up to 1,
// with their steps to the right and down.
type span struct {
	x0, y0, x1, y1 int
	weight         [3]float32
	stepX, stepY   [3]float32
	perStep        [3]float32 // one over stepX
}

// cover finds a triangle's span; ok is false where it faces away or misses the
// layer.
func (l *layer) cover(a, b, c *spot) (s span, ok bool) {
	area := (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x)
	if area >= -1e-6 { // y points down: the front is clockwise here
		return s, false
	}
	s.x0 = max(int(min(a.x, b.x, c.x)), 0)
	s.y0 = max(int(min(a.y, b.y, c.y)), 0)
	s.x1 = min(int(max(a.x, b.x, c.x))+1, l.stride)
	s.y1 = min(int(max(a.y, b.y, c.y))+1, l.height*l.fine)
	if s.x0 >= s.x1 || s.y0 >= s.y1 {
		return s, false
	}
	for y := s.y0; y < s.y1; y++ {
		e := &l.extent[y]
		e.from, e.to = min(e.from, int32(s.x0)), max(e.to, int32(s.x1))
	}
	inv := 1 / area
	x, y := float32(s.x0)+0.5, float32(s.y0)+0.5
	for i, edge := range [3][2]*spot{{b, c}, {c, a}, {a, b}} {
		from, to := edge[0], edge[1]
		s.stepX[i] = -(to.y - from.y) * inv
		s.stepY[i] = (to.x - from.x) * inv
		s.weight[i] = (x-from.x)*s.stepX[i] + (y-from.y)*s.stepY[i]
		s.perStep[i] = 1 / s.stepX[i]
	}
	return s, true
}

// inside is the run of samples of the current line that the triangle covers,
// counted from x0. Edges reach a thousandth of a sample too far rather than
// leave a gap between neighbours.
func (s *span) inside() (from, to int) {
	low, high := float32(0), float32(s.x1-s.x0-1)
	for i, w := range s.weight {
		switch step := s.stepX[i]; {
		case step > 1e-9:
			low = max(low, -w*s.perStep[i])
		case step < -1e-9:
			high = min(high, -w*s.perStep[i])
		case w < 0:
			return 0, 0
		}
	}
	return int(low + 0.999), int(high + 1.001)
}

// at weighs a quantity of the three corners at the n-th sample of the current
// line, and is its step to the right.
func (s *span) at(n int, a, b, c float32) (value, step float32) {
	step = s.stepX[0]*a + s.stepX[1]*b + s.stepX[2]*c
	return s.weight[0]*a + s.weight[1]*b + s.weight[2]*c + float32(n)*step, step
}

func (s *span) down() {
	s.weight[0] += s.stepY[0]
	s.weight[1] += s.stepY[1]
	s.weight[2] += s.stepY[2]
}

// flat fills a triangle with one colour.
func (l *layer) flat(a, b, c *spot, colour packed) {
	s, ok := l.cover(a, b, c)
	if !ok {
		return
	}
	for y := s.y0; y < s.y1; y++ {
		if from, to := s.inside(); from < to {
			near, nearStep := s.at(from, a.near, b.near, c.near)
			line := y*l.stride + s.x0
			colours, nearness := l.colours[line+from:line+to], l.nearness[line+from:line+to]
			for i := range colours {
				if near > nearness[i] {
					nearness[i], colours[i] = near, colour
				}
				near += nearStep
			}
		}
		s.down()
	}
}

// polished fills a triangle with what a ball of its material shows.
func (l *layer) polished(a, b, c *spot, material *ball) {
	s, ok := l.cover(a, b, c)
	if !ok {
		return
	}
	for y := s.y0; y < s.y1; y++ {
		if from, to := s.inside(); from < to {
			near, nearStep := s.at(from, a.near, b.near, c.near)
			right, rightStep := s.at(from, a.right, b.right, c.right)
			up, upStep := s.at(from, a.up, b.up, c.up)
			line := y*l.stride + s.x0
			colours, nearness := l.colours[line+from:line+to], l.nearness[line+from:line+to]
			for i := range colours {
				if near > nearness[i] {
					nearness[i], colours[i] = near, material.facing(right, up)
				}
				near, right, up = near+nearStep, right+rightStep, up+upStep
			}
		}
		s.down()
	}
}
