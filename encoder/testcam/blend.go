package testcam

// blend lays a layer over the picture under an exposure. Fade, if not nil,
// gives for each line of the layer how much of it shows, 256 being all.
func (l *layer) blend(p Picture, e *exposure, fade []uint32) {
	for y := 0; y < l.height; y += 2 {
		strength := uint32(256)
		if fade != nil {
			strength = fade[y]
		}
		left, right := l.touched(y)
		if strength == 0 || left >= right {
			continue
		}
		for x := left; x < right; x += 2 {
			l.blendBlock(p, e, x, y, strength)
		}
	}
}

// touched is the part of two lines, in even pixels, that something was drawn on.
func (l *layer) touched(y int) (left, right int) {
	first := l.extent[y*l.fine]
	for _, e := range l.extent[y*l.fine : (y+2)*l.fine] {
		first.from, first.to = min(first.from, e.from), max(first.to, e.to)
	}
	return int(first.from) / l.fine &^ 1, (int(first.to)/l.fine + 2) &^ 1
}

// blendBlock blends a block of 2x2 pixels, which share their chroma.
func (l *layer) blendBlock(p Picture, e *exposure, x, y int, strength uint32) {
	samples := uint32(l.fine * l.fine)
	var covered, sumU, sumV uint32
	for i := range 4 {
		px, py := x+i&1, y+i>>1
		hits, luma, u, v := l.pixel(px, py)
		if hits == 0 {
			continue
		}
		covered, sumU, sumV = covered+hits, sumU+u, sumV+v
		at := (l.y+py)*p.Width + l.x + px
		mix(&p.Y[at], e.luma[luma/hits&255], hits*strength/samples)
	}
	if covered == 0 {
		return
	}
	at := (l.y+y)/2*(p.Width/2) + (l.x+x)/2
	part := covered * strength / (4 * samples)
	mix(&p.U[at], e.chroma[sumU/covered&255], part)
	mix(&p.V[at], e.chroma[sumV/covered&255], part)
}

// mix moves a value towards another by a part of 256.
func mix(to *byte, from byte, part uint32) {
	*to = byte((uint32(*to)*(256-part) + uint32(from)*part + 128) >> 8)
}

// pixel adds up the samples of one pixel, two channels in one word.
func (l *layer) pixel(x, y int) (hits, luma, u, v uint32) {
	at := y*l.fine*l.stride + x*l.fine
	var lumaV, uHits uint32
	for range l.fine {
		for _, c := range l.colours[at : at+l.fine] {
			lumaV += uint32(c) & 0x00ff00ff
			uHits += uint32(c) >> 8 & 0x00ff00ff
		}
		at += l.stride
	}
	return uHits >> 16, lumaV & 0xffff, uHits & 0xffff, lumaV >> 16
}
